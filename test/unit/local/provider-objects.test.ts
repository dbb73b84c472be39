import assert from "node:assert/strict";
import { assignName, keepOldName, uniqueName } from "../../../local/provider/naming";
import { isPatch, kindOfType, knownNamespaced, parseId, typeOfUrn } from "../../../local/provider/objects";
import { hasUnknown, markSecrets, plain, secret, type Properties } from "../../../local/provider/properties";
import { diffSettings, refusals } from "../../../local/provider/settings";
import { checkpoint, fieldManager, marked, parseState } from "../../../local/provider/state";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const urn = (type: string) => `urn:pulumi:s::p::a:b:C$${type}::web`;

describe("the stand-in's properties", () => {
  it("lose secret marks and nulls, and get the API's dashes, on their way to the server", () => {
    const sdk: Properties = { a: secret({ b: "c" }), gone: null, x_kubernetes_list_type: "map" };
    assert.deepEqual(plain(sdk), { a: { b: "c" }, "x-kubernetes-list-type": "map" });
  });

  it("come back with everything secret that the inputs kept secret", () => {
    const model: Properties = { a: { s: secret("1") }, list: [{ s: secret("2") }], open: "3" };
    const live: Properties = { a: { s: "1", t: "x" }, list: [{ s: "2" }, { s: "added" }], open: "3" };
    const out = markSecrets(live, model) as Properties;
    assert.deepEqual(out["a"], { s: secret("1"), t: "x" });
    assert.deepEqual(
      out["list"],
      secret([{ s: "2" }, { s: "added" }]),
      "a changed list is secret as a whole",
    );
    assert.equal(out["open"], "3");
  });

  it("of a Secret are always secret", () => {
    const out = marked({ apiVersion: "v1", kind: "Secret", data: { a: "b" } }, {});
    assert.deepEqual(out["data"], secret({ a: "b" }));
  });

  it("say when something in them isn't known yet", () => {
    assert.equal(hasUnknown({ a: [{ b: unknown }] }), true);
    assert.equal(hasUnknown({ a: [{ b: "known" }] }), false);
  });

  it("survive the state: inputs and object come out as they went in, without managedFields", () => {
    const inputs: Properties = { apiVersion: "v1", kind: "ConfigMap", data: { a: "b" } };
    const live: Properties = { ...inputs, metadata: { name: "x", managedFields: [{}] } };
    const state = checkpoint(inputs, live, inputs, "me");
    assert.deepEqual(parseState(state), { inputs, live: { ...inputs, metadata: { name: "x" } } });
    assert.equal(fieldManager("urn", state, inputs), "me");
  });
});

describe("the stand-in's kinds", () => {
  it("are read from the type token, also below a component", () => {
    const type = typeOfUrn(urn("kubernetes:core/v1:NodePatch"));
    assert.equal(type, "kubernetes:core/v1:NodePatch");
    assert.deepEqual(kindOfType("kubernetes:core/v1:Pod"), { apiVersion: "v1", kind: "Pod" });
    assert.deepEqual(kindOfType("kubernetes:apps/v1:Deployment"), {
      apiVersion: "apps/v1",
      kind: "Deployment",
    });
  });

  it("tell a patch from a kind whose own name ends so", () => {
    assert.equal(isPatch(urn("kubernetes:core/v1:NodePatch"), "Node"), true);
    assert.equal(isPatch(urn("kubernetes:x.io/v1:GreenPatch"), "GreenPatch"), false);
  });

  it("know where they live without a cluster, and leave custom kinds to the server", () => {
    const namespaced = (apiVersion: string, kind: string) => knownNamespaced({ apiVersion, kind });
    assert.equal(namespaced("v1", "Pod"), true);
    assert.equal(namespaced("v1", "Namespace"), false);
    assert.equal(namespaced("node.k8s.io/v1", "RuntimeClass"), false);
    assert.equal(namespaced("rbac.authorization.k8s.io/v1", "RoleBinding"), true);
    assert.equal(namespaced("rbac.authorization.k8s.io/v1", "ClusterRole"), false);
    assert.equal(namespaced("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"), false);
    assert.equal(namespaced("kyverno.io/v1", "ClusterPolicy"), undefined);
  });

  it("have ids with and without a namespace", () => {
    assert.deepEqual(parseId("ns/name"), { namespace: "ns", name: "name" });
    assert.deepEqual(parseId("name"), { namespace: "", name: "name" });
  });
});

describe("the stand-in's names", () => {
  const seed = new Uint8Array([1, 2, 3]);

  it("come from the resource's name and the engine's seed", () => {
    const object: Properties = {};
    assignName(object, "web", seed, undefined);
    assert.equal((object["metadata"] as Properties)["name"], uniqueName("web-", seed));
    assert.match(uniqueName("web-", seed), /^web-[0-9a-f]{8}$/);
  });

  it("follow the engine's autonaming: what it proposes, or none at all", () => {
    const object: Properties = {};
    assignName(object, "web", seed, { mode: "propose", proposedName: "web-dev" });
    assert.equal((object["metadata"] as Properties)["name"], "web-dev");
    assert.throws(
      () => assignName({}, "web", seed, { mode: "disable", proposedName: "" }),
      /automatic naming is off/,
    );
  });

  it("stay when the program still gives none, and never replace one that it gives", () => {
    const old: Properties = {};
    assignName(old, "web", seed, undefined);
    const unnamed: Properties = {};
    keepOldName(unnamed, old);
    assert.deepEqual(unnamed, old);
    const named: Properties = { metadata: { name: "mine" } };
    keepOldName(named, old);
    assert.deepEqual(named, { metadata: { name: "mine" } });
  });
});

describe("the stand-in's settings", () => {
  const config = (server: string) =>
    JSON.stringify({
      clusters: [{ name: "c", cluster: { server } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      users: [{ name: "u", user: { token: "t" } }],
      "current-context": "x",
    });

  it("mean another cluster when the kubeconfig names another, or isn't known yet", () => {
    const here = { kubeconfig: config("https://a") };
    assert.deepEqual(diffSettings(here, { kubeconfig: `\n${config("https://a")}` }).replaces, []);
    assert.deepEqual(diffSettings(here, { kubeconfig: config("https://b") }).replaces, ["kubeconfig"]);
    assert.deepEqual(diffSettings(here, { kubeconfig: unknown }).replaces, ["kubeconfig"]);
  });

  it("mean another cluster only by its identifier, where there is one", () => {
    const here = { kubeconfig: config("https://a"), clusterIdentifier: "one" };
    assert.deepEqual(diffSettings(here, { kubeconfig: unknown, clusterIdentifier: "one" }).replaces, []);
    assert.deepEqual(diffSettings(here, { ...here, clusterIdentifier: "two" }).replaces, [
      "clusterIdentifier",
    ]);
  });

  it("are refused where the stand-in can't honour them", () => {
    assert.deepEqual(
      refusals({ renderYamlToDirectory: "x", enableServerSideApply: "false" }).map(
        ({ property }) => property,
      ),
      ["renderYamlToDirectory", "enableServerSideApply"],
    );
    assert.deepEqual(refusals({ enableServerSideApply: "true", namespace: "n" }), []);
  });
});
