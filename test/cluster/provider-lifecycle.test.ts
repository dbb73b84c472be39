import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Hands } from "../support/provider-cluster";
import { ProviderStack } from "../support/provider-stack";

describe("the stand-in: life of an object", function () {
  this.timeout(0);
  let hands: Hands;
  let namespace: string;
  let stack: ProviderStack;

  before(async () => {
    hands = await Hands.make();
  });
  beforeEach(async () => {
    namespace = await hands.namespace("life");
    stack = await ProviderStack.make(hands.kubeconfig);
  });
  afterEach(function () {
    return stack.forget(this.currentTest);
  });

  const account = (annotations: Record<string, string>, name?: string) => () => {
    new k8s.core.v1.ServiceAccount("web", {
      metadata: { namespace, annotations, ...(name ? { name } : {}) },
    });
    return Promise.resolve();
  };

  it("previews a namespace, and what lives in it, before either exists, and creates nothing", async () => {
    const name = `${namespace}-new`;
    const { steps } = await stack.preview(() => {
      const made = new k8s.core.v1.Namespace("ns", { metadata: { name } });
      new k8s.core.v1.ConfigMap("cm", { metadata: { namespace: name, name: "cm" } }, { dependsOn: made });
      new k8s.core.v1.Pod("pod", {
        metadata: { namespace: made.metadata.name, name: "pod" },
        spec: { containers: [{ name: "c", image: "x" }] },
      });
      return Promise.resolve();
    });
    assert.deepEqual(steps.filter((step) => step.startsWith("create ")).sort(), [
      "create cm",
      "create ns",
      "create pod",
    ]);
    assert.equal(await hands.exists("v1", "Namespace", name), false);
  });

  it("names an unnamed object after the resource, keeps the name, and changes nothing the second time", async () => {
    await stack.up(account({ a: "1" }));
    const first = await hands.list("v1", "ServiceAccount", namespace);
    const name =
      first.map((found) => found.metadata?.name ?? "").find((found) => found.startsWith("web-")) ?? "";
    assert.match(name, /^web-[0-9a-f]{8}$/);
    assert.deepEqual((await stack.up(account({ a: "1" }))).steps, []);
    assert.deepEqual((await stack.up(account({ a: "2" }))).steps, ["update web"]);
    const live = await hands.get("v1", "ServiceAccount", name, namespace);
    assert.equal(live.metadata?.annotations?.["a"], "2");
  });

  it("shows a change by the path of the input", async () => {
    await stack.up(account({ a: "1", "b.c/d": "1", gone: "x" }, "web"));
    const { diffs } = await stack.preview(account({ a: "1", "b.c/d": "2", e: "5" }, "web"));
    assert.deepEqual(diffs["web"], {
      'metadata.annotations["b.c/d"]': "update",
      "metadata.annotations.e": "add",
      "metadata.annotations.gone": "delete",
    });
  });

  it("removes from the cluster what the program no longer says, even right after the creation", async () => {
    assert.deepEqual((await stack.up(account({ keep: "1", gone: "1" }, "web"))).steps, ["create web"]);
    assert.deepEqual((await stack.up(account({ keep: "1" }, "web"))).steps, ["update web"]);
    const live = await hands.get("v1", "ServiceAccount", "web", namespace);
    assert.deepEqual(live.metadata?.annotations, { keep: "1" });
  });

  const config = (data: Record<string, string>, name?: string) => () => {
    new k8s.core.v1.ConfigMap("cm", { metadata: { namespace, ...(name ? { name } : {}) }, data });
    return Promise.resolve();
  };

  it("replaces an object whose field can't change: the new one first, where it chose the name", async () => {
    await stack.up(config({ k: "1" }));
    const { steps } = await stack.up(config({ k: "2" }));
    assert.deepEqual(steps, ["create-replacement cm", "replace cm", "delete-replaced cm"]);
  });

  it("deletes first, where the program chose the name", async () => {
    await stack.up(config({ k: "1" }, "fixed"));
    const { steps, diffs } = await stack.up(config({ k: "2" }, "fixed"));
    assert.deepEqual(steps, ["delete-replaced cm", "replace cm", "create-replacement cm"]);
    assert.deepEqual(diffs["cm"], { "data.k": "update-replace" });
    const live = await hands.get("v1", "ConfigMap", "fixed", namespace);
    assert.deepEqual(live["data"], { k: "2" });
  });

  it("replaces an object whose name or namespace changes", async () => {
    await stack.up(account({}, "one"));
    const renamed = await stack.preview(account({}, "two"));
    assert.equal(renamed.diffs["web"]?.["metadata.name"], "update-replace");
    namespace = await hands.namespace("life");
    const moved = await stack.up(account({}, "one"));
    assert.deepEqual(moved.steps, ["create-replacement web", "replace web", "delete-replaced web"]);
    assert.equal(await hands.exists("v1", "ServiceAccount", "one", namespace), true);
  });

  it("takes a name that the program now spells out for the same object", async () => {
    await stack.up(account({}));
    const { id = "" } = (await stack.resources())["web"] ?? {};
    const { steps } = await stack.up(account({}, id.split("/")[1] ?? ""));
    assert.deepEqual(steps, ["update web"]);
  });

  it("fails when the object exists already, and adopts it where upsertExistingObjects is set", async () => {
    await hands.create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "web", namespace } });
    await assert.rejects(stack.up(account({ a: "1" }, "web")), /"web" already exists/);
    await stack.up(() => {
      const provider = new k8s.Provider("p", { upsertExistingObjects: true });
      const metadata = { name: "web", namespace, annotations: { a: "1" } };
      new k8s.core.v1.ServiceAccount("web", { metadata }, { provider });
      return Promise.resolve();
    });
    const live = await hands.get("v1", "ServiceAccount", "web", namespace);
    assert.equal(live.metadata?.annotations?.["a"], "1");
  });

  it("destroys an object and is done only when it is gone", async () => {
    await stack.up(() => {
      const metadata = { namespace, name: "held", finalizers: ["test.local/held"] };
      new k8s.core.v1.ConfigMap("cm", { metadata });
      return Promise.resolve();
    });
    const destroyed = stack.destroy();
    for (;;) {
      const live = await hands.get("v1", "ConfigMap", "held", namespace);
      if (live.metadata?.deletionTimestamp) {
        await hands.change(live, { metadata: { finalizers: null } });
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { output } = await destroyed;
    assert.match(output, /finalizers: .*test\.local\/held/);
    assert.equal(await hands.exists("v1", "ConfigMap", "held", namespace), false);
  });

  it("says what holds an object that doesn't go within its time", async () => {
    await stack.up(() => {
      const annotations = { "pulumi.com/timeoutSeconds": "1" };
      const metadata = { namespace, name: "held", finalizers: ["test.local/held"], annotations };
      new k8s.core.v1.ConfigMap("cm", { metadata });
      return Promise.resolve();
    });
    await assert.rejects(stack.destroy(), /held: still there 1 seconds .*test\.local\/held/);
    assert.ok((await stack.resources())["cm"], "the state still holds it");
  });

  it("imports an object as it is, and manages it from then on", async () => {
    const data = { k: "v" };
    await hands.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "old", namespace }, data });
    const program = (options: { import?: string }, text: string) => () => {
      new k8s.core.v1.ConfigMap("cm", { metadata: { name: "old", namespace }, data: { k: text } }, options);
      return Promise.resolve();
    };
    const { steps } = await stack.up(program({ import: `${namespace}/old` }, "v"));
    assert.deepEqual(steps, ["import cm"]);
    assert.deepEqual((await stack.up(program({}, "v"))).steps, []);
    assert.ok((await stack.up(program({}, "w"))).steps.includes("replace cm"));
  });

  it("gives the outputs of an object that it doesn't manage (.get)", async () => {
    await stack.up(() => {
      const found = k8s.core.v1.Namespace.get("found", namespace);
      return Promise.resolve({ phase: found.status.phase });
    });
    assert.equal((await stack.outputs())["phase"]?.value, "Active");
  });

  it("creates a custom resource of a kind that the same update brings", async () => {
    const group = `g${process.pid}.test.local`;
    const program = () => {
      const definition = new k8s.apiextensions.v1.CustomResourceDefinition("crd", {
        metadata: { name: `things.${group}` },
        spec: {
          group,
          scope: "Cluster",
          names: { plural: "things", kind: "Thing" },
          versions: [
            {
              name: "v1",
              served: true,
              storage: true,
              schema: { openAPIV3Schema: { type: "object", x_kubernetes_preserve_unknown_fields: true } },
            },
          ],
        },
      });
      new k8s.apiextensions.CustomResource(
        "thing",
        { apiVersion: `${group}/v1`, kind: "Thing", metadata: { name: "one" }, spec: { size: 3 } },
        { dependsOn: definition },
      );
      return Promise.resolve();
    };
    await stack.preview(program);
    await stack.up(program);
    assert.deepEqual((await hands.get(`${group}/v1`, "Thing", "one"))["spec"], { size: 3 });
    assert.deepEqual((await stack.up(program)).steps, []);
  });

  it("creates what a YAML text holds (yaml.ConfigGroup)", async () => {
    const yaml = `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: ${namespace}}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: ${namespace}}}
`;
    await stack.up(() => {
      new k8s.yaml.ConfigGroup("group", { yaml });
      return Promise.resolve();
    });
    assert.ok(await hands.exists("v1", "ConfigMap", "b", namespace));
  });
});
