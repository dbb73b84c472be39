import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Hands } from "../support/provider-cluster";
import { ProviderStack } from "../support/provider-stack";

describe("the stand-in: patches, secrets, the provider's own settings", function () {
  this.timeout(0);
  let hands: Hands;
  let namespace: string;
  let stack: ProviderStack;

  before(async () => {
    hands = await Hands.make();
  });
  beforeEach(async () => {
    namespace = await hands.namespace("more");
    stack = await ProviderStack.make(hands.kubeconfig);
  });
  afterEach(function () {
    return stack.forget(this.currentTest);
  });

  const patch = (labels: Record<string, string>) => () => {
    new k8s.core.v1.NamespacePatch("patch", { metadata: { name: namespace, labels } });
    return Promise.resolve();
  };

  it("patches an object that others own, and lets go of its fields, not of the object, when destroyed", async () => {
    await stack.preview(patch({ mine: "1" }));
    await stack.up(patch({ mine: "1", also: "1" }));
    assert.deepEqual((await stack.up(patch({ mine: "1", also: "1" }))).steps, []);
    await stack.up(patch({ mine: "2" }));
    const live = await hands.get("v1", "Namespace", namespace);
    assert.equal(live.metadata?.labels?.["mine"], "2");
    assert.equal(live.metadata?.labels?.["also"], undefined);
    await stack.destroy();
    const left = await hands.get("v1", "Namespace", namespace);
    assert.equal(left.metadata?.labels?.["mine"], undefined);
    assert.equal(left.metadata?.deletionTimestamp, undefined);
  });

  it("patches no object into being", async () => {
    const program = () => {
      new k8s.core.v1.ServiceAccountPatch("patch", { metadata: { namespace, name: "nobody" } });
      return Promise.resolve();
    };
    await assert.rejects(stack.up(program), /"nobody" not found/);
    assert.equal(await hands.exists("v1", "ServiceAccount", "nobody", namespace), false);
  });

  it("patches a node", async () => {
    const name = `${namespace}-node`;
    await hands.create({ apiVersion: "v1", kind: "Node", metadata: { name } });
    await stack.up(() => {
      new k8s.core.v1.NodePatch("node", { metadata: { name, labels: { "bulkhead.test/pool": "a" } } });
      return Promise.resolve();
    });
    assert.equal((await hands.get("v1", "Node", name)).metadata?.labels?.["bulkhead.test/pool"], "a");
  });

  it("keeps secrets encrypted in the state, in inputs and outputs, and out of the output", async () => {
    const text = "correct-horse-battery";
    const program = () => {
      const secret = new k8s.core.v1.Secret("s", {
        metadata: { namespace, name: "s" },
        stringData: { password: text },
      });
      new k8s.core.v1.ConfigMap("c", {
        metadata: { namespace, name: "c" },
        data: { password: pulumi.secret(text) },
      });
      const plain = new k8s.core.v1.Secret("d", {
        metadata: { namespace, name: "d" },
        data: { password: Buffer.from(text).toString("base64") },
      });
      return Promise.resolve({ data: secret.data, plain: plain.data });
    };
    const previewed = await stack.preview(program);
    const { output } = await stack.up(program);
    const refreshed = await stack.refresh();
    const encoded = Buffer.from(text).toString("base64");
    for (const said of [previewed.output, output, refreshed.output, await stack.stateText()]) {
      assert.ok(!said.includes(text), "the secret");
      assert.ok(!said.includes(encoded), "the secret in base64");
    }
    assert.equal((await stack.outputs())["data"]?.secret, true);
    assert.deepEqual((await stack.up(program)).steps, []);
    const live = await hands.get("v1", "Secret", "s", namespace);
    assert.deepEqual(live["data"], { password: encoded });
  });

  it("shows a changed secret as changed, without its value", async () => {
    const program = (password: string) => () => {
      new k8s.core.v1.Secret("s", { metadata: { namespace, name: "s" }, stringData: { password } });
      return Promise.resolve();
    };
    await stack.up(program("first-value"));
    const { diffs, output } = await stack.preview(program("second-value"));
    assert.deepEqual(Object.keys(diffs["s"] ?? {}), ["stringData.password"]);
    assert.doesNotMatch(output, /(first|second)-value/);
  });

  it("uses the kubeconfig, context and namespace that the provider is given, as content or path", async () => {
    const content = readFileSync(hands.kubeconfig, "utf8");
    await stack.up(() => {
      const byContent = new k8s.Provider("content", { kubeconfig: pulumi.secret(content), namespace });
      const byPath = new k8s.Provider("path", { kubeconfig: hands.kubeconfig, namespace });
      new k8s.core.v1.ConfigMap("a", { metadata: { name: "a" } }, { provider: byContent });
      new k8s.core.v1.ConfigMap("b", { metadata: { name: "b" } }, { provider: byPath });
      return Promise.resolve();
    });
    assert.ok(await hands.exists("v1", "ConfigMap", "a", namespace));
    assert.ok(await hands.exists("v1", "ConfigMap", "b", namespace));
    assert.ok(
      !(await stack.stateText()).includes(/client-key-data: (\S+)/.exec(content)?.[1] ?? "?"),
      "the key",
    );
  });

  it("says which contexts there are when the one asked for isn't", async () => {
    await assert.rejects(
      stack.up(() => {
        const provider = new k8s.Provider("p", { context: "nowhere" });
        new k8s.core.v1.ConfigMap("a", { metadata: { namespace } }, { provider });
        return Promise.resolve();
      }),
      /no context "nowhere"; it has: \w+/,
    );
  });

  it("replaces the objects of a provider only when its cluster changes", async () => {
    const content = readFileSync(hands.kubeconfig, "utf8");
    const elsewhere = content.replace(/server: .*/g, "server: https://127.0.0.1:1");
    const program = (kubeconfig: string, clusterIdentifier?: string) => () => {
      const args = { kubeconfig, ...(clusterIdentifier ? { clusterIdentifier } : {}) };
      const provider = new k8s.Provider("p", args);
      new k8s.core.v1.ConfigMap("a", { metadata: { name: "a", namespace } }, { provider });
      return Promise.resolve();
    };
    const steps = async (next: () => Promise<void>) =>
      (await stack.preview(next)).steps.filter((s) => / a$/.test(s));
    await stack.up(program(content));
    assert.deepEqual(await steps(program(`# other text\n${content}`)), []);
    assert.ok((await steps(program(elsewhere))).includes("replace a"));
    await stack.up(program(content, "one"));
    assert.deepEqual(await steps(program(elsewhere, "one")), []);
    assert.ok((await steps(program(content, "two"))).includes("replace a"));
  });

  it("refuses settings that it can't honour", async () => {
    const program = (args: k8s.ProviderArgs) => () => {
      new k8s.Provider("p", args);
      return Promise.resolve();
    };
    await assert.rejects(stack.preview(program({ renderYamlToDirectory: "x" })), /renders no YAML/);
    await assert.rejects(
      stack.preview(program({ enableServerSideApply: false })),
      /only applies on the server/,
    );
  });

  it("drops the resources of a cluster that is gone where deleteUnreachable is set, else says how", async () => {
    const gone = readFileSync(hands.kubeconfig, "utf8").replace(/server: .*/g, "server: https://127.0.0.1:1");
    const program = (kubeconfig: string, deleteUnreachable: boolean) => () => {
      const provider = new k8s.Provider("p", { kubeconfig, deleteUnreachable, clusterIdentifier: "c" });
      new k8s.core.v1.ConfigMap("a", { metadata: { name: "a", namespace } }, { provider });
      return Promise.resolve();
    };
    await stack.up(program(readFileSync(hands.kubeconfig, "utf8"), false));
    await stack.up(program(gone, false));
    await assert.rejects(
      stack.refresh(),
      /127\.0\.0\.1:1 can't be reached.*PULUMI_K8S_DELETE_UNREACHABLE=true/,
    );
    await assert.rejects(stack.destroy(), /PULUMI_K8S_DELETE_UNREACHABLE=true/);
    await stack.up(program(gone, true));
    await stack.refresh();
    assert.equal((await stack.resources())["a"], undefined);
  });

  it("leaves a namespace that the server protects in place, without the stack's labels", async () => {
    await stack.up(() => {
      const provider = new k8s.Provider("p", { upsertExistingObjects: true });
      const metadata = { name: "kube-public", labels: { "bulkhead.test/seen": "1" } };
      new k8s.core.v1.Namespace("ns", { metadata }, { provider });
      return Promise.resolve();
    });
    await stack.destroy();
    const live = await hands.get("v1", "Namespace", "kube-public");
    assert.equal(live.metadata?.labels?.["bulkhead.test/seen"], undefined);
  });

  it("previews what lives in a cluster whose kubeconfig isn't known yet", async () => {
    const content = readFileSync(hands.kubeconfig, "utf8");
    const program = () => {
      const first = new k8s.core.v1.ConfigMap("first", { metadata: { namespace, name: "first" } });
      const kubeconfig = first.id.apply(() => content); // an id is unknown until the object exists
      const provider = new k8s.Provider("later", { kubeconfig });
      new k8s.core.v1.ConfigMap("second", { metadata: { namespace, name: "second" } }, { provider });
      return Promise.resolve();
    };
    assert.ok((await stack.preview(program)).steps.includes("create second"));
    await stack.up(program);
    assert.ok(await hands.exists("v1", "ConfigMap", "second", namespace));
  });

  it("applies as the field manager that an annotation names, and hands over when that changes", async () => {
    const program = (manager: string) => () => {
      const annotations = { "pulumi.com/patchFieldManager": manager };
      new k8s.core.v1.ServiceAccount("sa", { metadata: { namespace, name: "sa", annotations } });
      return Promise.resolve();
    };
    const managers = async () => {
      const live = await hands.get("v1", "ServiceAccount", "sa", namespace);
      return live.metadata?.managedFields?.map(({ manager }) => manager);
    };
    await stack.up(program("first-manager"));
    assert.deepEqual(await managers(), ["first-manager"]);
    const provider = { "pulumi.com/patchForce": "true" };
    await stack.up(() => {
      const annotations = { ...provider, "pulumi.com/patchFieldManager": "second-manager" };
      new k8s.core.v1.ServiceAccount("sa", { metadata: { namespace, name: "sa", annotations } });
      return Promise.resolve();
    });
    assert.deepEqual(await managers(), ["second-manager"]);
  });

  it("leaves what an object owns where deletionPropagationPolicy is orphan", async () => {
    await stack.up(() => {
      const annotations = {
        "pulumi.com/deletionPropagationPolicy": "orphan",
        "pulumi.com/skipAwait": "true",
      };
      const labels = { app: "a" };
      new k8s.apps.v1.Deployment("d", {
        metadata: { namespace, name: "d", annotations },
        spec: {
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "x" }] } },
        },
      });
      return Promise.resolve();
    });
    await hands.some("apps/v1", "ReplicaSet", namespace);
    await stack.destroy();
    const [left] = await hands.some("apps/v1", "ReplicaSet", namespace);
    assert.equal(left?.metadata?.deletionTimestamp, undefined);
  });
});
