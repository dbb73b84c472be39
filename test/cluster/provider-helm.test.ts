import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ensureBuilt } from "../../local/builds";
import { Hands } from "../support/provider-cluster";
import { ProviderStack } from "../support/provider-stack";

describe("the stand-in: Helm releases", function () {
  this.timeout(0);
  let hands: Hands;
  let namespace: string;
  let stack: ProviderStack;
  let chart: string;

  const templates = {
    "Chart.yaml": "apiVersion: v2\nname: small\nversion: 1.2.3\nappVersion: '7'\n",
    "values.yaml": "word: default\n",
    "templates/config.yaml":
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-config\ndata:\n  word: {{ required "a word is needed" .Values.word | quote }}\n',
  };

  before(async () => {
    hands = await Hands.make();
  });
  beforeEach(async () => {
    namespace = await hands.namespace("helm");
    const { helm } = await ensureBuilt(["helm"], (line) => console.error(line));
    stack = await ProviderStack.make(hands.kubeconfig, { BULKHEAD_HELM: helm });
    chart = await mkdtemp(join(tmpdir(), "bulkhead-chart-"));
    await mkdir(join(chart, "templates"));
    for (const [file, text] of Object.entries(templates)) await writeFile(join(chart, file), text);
  });
  afterEach(async function () {
    await stack.forget(this.currentTest);
    await rm(chart, { recursive: true, force: true });
  });

  const release =
    (args: Partial<k8s.helm.v3.ReleaseArgs> = {}) =>
    () => {
      const made = new k8s.helm.v3.Release("small", { chart, name: "small", namespace, ...args });
      return Promise.resolve({ status: made.status, names: made.resourceNames });
    };
  const word = async () => {
    const live = await hands.get("v1", "ConfigMap", "small-config", namespace);
    return (live["data"] as { word: string }).word;
  };

  it("installs a local chart, changes nothing the second time, upgrades and uninstalls it", async () => {
    await stack.preview(release({ values: { word: "one" } }));
    assert.equal(await hands.exists("v1", "ConfigMap", "small-config", namespace), false);
    await stack.up(release({ values: { word: "one" } }));
    assert.equal(await word(), "one");
    const { status, names } = await stack.outputs();
    assert.equal((status?.value as { status: string }).status, "deployed");
    assert.equal((status?.value as { version: string }).version, "1.2.3");
    assert.deepEqual(names?.value, { "ConfigMap/v1": ["small-config"] });
    await stack.refresh();
    assert.deepEqual((await stack.up(release({ values: { word: "one" } }))).steps, []);
    const { diffs } = await stack.up(release({ values: { word: "two" } }));
    assert.deepEqual(diffs["small"], { "values.word": "update" });
    assert.equal(await word(), "two");
    await stack.destroy();
    assert.equal(await hands.exists("v1", "ConfigMap", "small-config", namespace), false);
  });

  it("upgrades when a file of the chart changes", async () => {
    await stack.up(release());
    await writeFile(join(chart, "values.yaml"), "word: changed\n");
    assert.deepEqual((await stack.up(release())).steps, ["update small"]);
    assert.equal(await word(), "changed");
  });

  it("shows in the preview that a chart refuses its values", async () => {
    await assert.rejects(stack.preview(release({ values: { word: "" } })), /a word is needed/);
  });

  it("says that a chart must be a local directory", async () => {
    const remote = release({ chart: "kata-deploy", repositoryOpts: { repo: "https://charts.example" } });
    await assert.rejects(stack.preview(remote), /local directory/);
  });

  it("keeps a failed release in the state, with what Helm said", async () => {
    await writeFile(
      join(chart, "templates", "pod.yaml"),
      "apiVersion: v1\nkind: Pod\nmetadata: {name: never}\nspec: {containers: [{name: c, image: x}]}\n",
    );
    await assert.rejects(
      stack.up(release({ timeout: 2 })),
      /small is not ready: helm install failed: .*(deadline|timed out)/s,
    );
    const stored = (await stack.resources())["small"];
    assert.equal(stored?.id, `${namespace}/small`);
    assert.ok(stored.initErrors?.length);
  });

  it("drops a release that other hands uninstalled from the state", async () => {
    await stack.up(release());
    for (const secret of await hands.list("v1", "Secret", namespace)) {
      await hands.delete({ ...secret, apiVersion: "v1", kind: "Secret" });
    }
    await stack.refresh();
    assert.equal((await stack.resources())["small"], undefined);
  });

  it("keeps secret values out of the state and the output", async () => {
    const { output } = await stack.up(release({ values: { word: pulumi.secret("hidden-word") } }));
    assert.equal(await word(), "hidden-word");
    assert.ok(!output.includes("hidden-word"));
    assert.ok(!(await stack.stateText()).includes("hidden-word"));
  });
});
