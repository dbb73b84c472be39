import assert from "node:assert/strict";
import { differences, pathText } from "../../../local/provider/diff";
import { importedInputs, liveInputs } from "../../../local/provider/drift";
import { takeOver } from "../../../local/provider/fields";
import { forceNewFields, forcesReplacement } from "../../../local/provider/force-new";
import { type Properties } from "../../../local/provider/properties";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("the stand-in's differences", () => {
  it("are given by path: added, deleted, changed, in maps and lists", () => {
    const before: Properties = {
      spec: { list: [{ a: 1 }, { b: 1 }] },
      metadata: { annotations: { "x.y/z": "1" } },
    };
    const after: Properties = { spec: { list: [{ a: 2 }], more: true }, metadata: { annotations: {} } };
    const found = differences(before, after).map(({ path, change }) => `${change} ${pathText(path)}`);
    assert.deepEqual(found.sort(), [
      "add spec.more",
      'delete metadata.annotations["x.y/z"]',
      "delete spec.list[1]",
      "update spec.list[0].a",
    ]);
  });

  it("count what isn't known yet", () => {
    assert.equal(differences({ a: { b: 1 } }, { a: unknown }).length, 1);
  });

  it("force a replacement on the field, on what lies in it, and on what holds it", () => {
    const fields = ["spec.template", "roleRef"];
    assert.equal(forcesReplacement(["spec", "template", "spec", "containers", 0, "image"], fields), true);
    assert.equal(forcesReplacement(["spec"], fields), true);
    assert.equal(forcesReplacement(["spec", "templates"], fields), false);
    assert.equal(forcesReplacement(["metadata", "labels", "a"], fields), false);
  });

  it("let ConfigMaps and Secrets change in place only where the provider says so and they aren't immutable", () => {
    const kind = { apiVersion: "v1", kind: "ConfigMap" };
    const never = { configMapMutable: false, secretMutable: false };
    const mutable = { configMapMutable: true, secretMutable: true };
    assert.ok(forceNewFields(kind, {}, never).includes("data"));
    assert.ok(!forceNewFields(kind, {}, mutable).includes("data"));
    assert.ok(forceNewFields(kind, { immutable: true }, mutable).includes("data"));
    assert.ok(!forceNewFields({ ...kind, kind: "Secret" }, {}, mutable).includes("stringData"));
  });
});

describe("the stand-in's drift", () => {
  const inputs: Properties = { spec: { cpu: "1000m", list: ["a"], rules: [{ verb: "get" }] } };
  const before: Properties = { spec: { cpu: "1", list: ["a"], rules: [{ verb: "get" }], added: "default" } };

  it("is none where the server holds what it made of the inputs", () => {
    assert.deepEqual(liveInputs(inputs, before, before), inputs);
  });

  it("is the live value where it changed since, and nothing where the field is gone", () => {
    const live: Properties = { spec: { cpu: "2", rules: [{ verb: "get" }] } };
    assert.deepEqual(liveInputs(inputs, before, live), { spec: { cpu: "2", rules: [{ verb: "get" }] } });
  });

  it("is an element that others added to a list, but not to one that they share", () => {
    const live: Properties = {
      spec: { ...(before["spec"] as Properties), rules: [{ verb: "get" }, { verb: "*" }] },
    };
    assert.deepEqual((liveInputs(inputs, before, live)["spec"] as Properties)["rules"], [
      { verb: "get" },
      { verb: "*" },
    ]);
    const pod: Properties = { spec: { containers: [{ name: "a", image: "x" }], tolerations: [] } };
    const injected: Properties = {
      spec: {
        containers: [
          { name: "sidecar", image: "y" },
          { name: "a", image: "x" },
        ],
        tolerations: [{ key: "not-ready" }],
      },
    };
    assert.deepEqual(liveInputs(pod, pod, injected), pod);
  });

  it("compares a Secret's stringData with the data it became", () => {
    const stringData = { password: "a" };
    const of = (text: string): Properties => ({
      kind: "Secret",
      data: { password: Buffer.from(text).toString("base64") },
    });
    const given: Properties = { kind: "Secret", stringData };
    assert.deepEqual(liveInputs(given, of("a"), of("a")), given);
    assert.deepEqual(liveInputs(given, of("a"), of("b")), { kind: "Secret", stringData: { password: "b" } });
  });

  it("leaves what only the server sets out of imported inputs", () => {
    const live: Properties = {
      kind: "X",
      status: {},
      metadata: {
        name: "n",
        uid: "u",
        managedFields: [],
        annotations: { "deployment.kubernetes.io/revision": "1" },
      },
    };
    assert.deepEqual(importedInputs(live), { kind: "X", metadata: { name: "n" } });
  });

  it("takes over the fields of an earlier creation and of kubectl, but none of others", () => {
    const entry = (manager: string, operation: string, field: string): Properties => ({
      manager,
      operation,
      fieldsV1: { [field]: {} },
    });
    const live: Properties = {
      metadata: {
        managedFields: [
          entry("me", "Update", "f:a"),
          entry("kubectl-edit", "Update", "f:b"),
          entry("controller", "Update", "f:c"),
        ],
      },
    };
    const [theirs, ours] = takeOver(live, "me", true) ?? [];
    assert.equal(theirs?.["manager"], "controller");
    assert.deepEqual(ours, { manager: "me", operation: "Apply", fieldsV1: { "f:a": {}, "f:b": {} } });
    assert.equal(
      takeOver({ metadata: { managedFields: [entry("me", "Apply", "f:a")] } }, "me", true),
      undefined,
    );
    assert.equal(
      takeOver({ metadata: { managedFields: [entry("kubectl", "Apply", "f:a")] } }, "me", false),
      undefined,
    );
  });
});
