import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Hands } from "../support/provider-cluster";
import { ProviderStack } from "../support/provider-stack";

describe("the stand-in: what a preview says", function () {
  this.timeout(0);
  let hands: Hands;
  let stack: ProviderStack;

  before(async () => {
    hands = await Hands.make();
  });
  beforeEach(async () => {
    stack = await ProviderStack.make(hands.kubeconfig);
  });
  afterEach(function () {
    return stack.forget(this.currentTest);
  });

  const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
  const privileged = (namespace: string) => () => {
    new k8s.core.v1.Pod("pod", {
      metadata: { namespace, name: "pod" },
      spec: { containers: [{ name: "c", image: "x", securityContext: { privileged: true } }] },
    });
    return Promise.resolve();
  };

  it("fails when Pod Security would refuse a pod, with the reason", async () => {
    const namespace = await hands.namespace("strict", restricted);
    await assert.rejects(
      stack.preview(privileged(namespace)),
      /violates PodSecurity "restricted:latest": privileged/,
    );
  });

  it("fails when a ValidatingAdmissionPolicy would refuse an object, with its message", async () => {
    const namespace = await hands.namespace("policy");
    const name = `${namespace}-policy`;
    const policies = "admissionregistration.k8s.io/v1";
    await hands.create({
      apiVersion: policies,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: [""], apiVersions: ["v1"], operations: ["*"], resources: ["configmaps"] },
          ],
        },
        validations: [
          { expression: "!has(object.data) || !('bad' in object.data)", message: "nothing bad here" },
        ],
      },
    });
    await hands.create({
      apiVersion: policies,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ["Deny"],
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
      },
    });
    const bad = { apiVersion: "v1", kind: "ConfigMap", data: { bad: "1" } };
    for (let attempt = 0; ; attempt++) {
      // The server takes a moment to enforce a new policy.
      const made = await hands
        .create({ ...bad, metadata: { name: `probe-${attempt}`, namespace } })
        .catch(() => undefined);
      if (!made) break;
    }
    const program = () => {
      new k8s.core.v1.ConfigMap("cm", { metadata: { namespace, name: "cm" }, data: { bad: "1" } });
      return Promise.resolve();
    };
    await assert.rejects(stack.preview(program), /nothing bad here/);
  });

  it("only warns when the same update changes the rules that refuse now", async () => {
    const namespace = await hands.namespace("loose", restricted);
    const program = (level: string) => () => {
      const labels = { "pod-security.kubernetes.io/enforce": level };
      const provider = new k8s.Provider("p", { upsertExistingObjects: true, enablePatchForce: true });
      const ns = new k8s.core.v1.Namespace("ns", { metadata: { name: namespace, labels } }, { provider });
      new k8s.core.v1.Pod(
        "pod",
        {
          metadata: { namespace, name: "pod", annotations: { "pulumi.com/skipAwait": "true" } },
          spec: { containers: [{ name: "c", image: "x", securityContext: { privileged: true } }] },
        },
        { provider, dependsOn: ns },
      );
      return Promise.resolve();
    };
    const { output } = await stack.preview(program("privileged"));
    assert.match(output, /as the cluster is now, it would be refused: .*violates PodSecurity/);
    await stack.up(program("privileged"));
    assert.ok(await hands.exists("v1", "Pod", "pod", namespace));
  });

  it("passes a pod whose service account and runtime class come with the same update", async () => {
    const namespace = await hands.namespace("later");
    const { steps } = await stack.preview(() => {
      new k8s.core.v1.ServiceAccount("sa", { metadata: { namespace, name: "later" } });
      new k8s.core.v1.Pod("pod", {
        metadata: { namespace, name: "pod" },
        spec: {
          serviceAccountName: "later",
          runtimeClassName: "later",
          containers: [{ name: "c", image: "x" }],
        },
      });
      return Promise.resolve();
    });
    assert.ok(steps.includes("create pod"));
  });

  it("fails when the server finds an object invalid, and creates nothing", async () => {
    const namespace = await hands.namespace("invalid");
    const program = () => {
      new k8s.core.v1.Service("s", {
        metadata: { namespace, name: "s" },
        spec: { ports: [{ port: 99999 }] },
      });
      return Promise.resolve();
    };
    await assert.rejects(stack.preview(program), /spec\.ports\[0\]\.port: Invalid value: 99999/);
  });

  it("fails when an update would be refused", async () => {
    const namespace = await hands.namespace("update");
    const program = (port: number) => () => {
      const annotations = { "pulumi.com/skipAwait": "true" };
      new k8s.core.v1.Service("s", {
        metadata: { namespace, name: "s", annotations },
        spec: { ports: [{ port }] },
      });
      return Promise.resolve();
    };
    await stack.up(program(80));
    await assert.rejects(stack.preview(program(99999)), /spec\.ports\[0\]\.port: Invalid value: 99999/);
  });

  it("gives the object as the server would default it", async () => {
    const namespace = await hands.namespace("defaults");
    let type: unknown;
    await stack.preview(() => {
      const service = new k8s.core.v1.Service("s", {
        metadata: { namespace, name: "s" },
        spec: { ports: [{ port: 1 }] },
      });
      service.spec.type.apply((value) => (type = value));
      return Promise.resolve();
    });
    assert.equal(type, "ClusterIP");
  });

  it("goes through with a warning when the cluster can't be reached, and up fails naming the server", async () => {
    const kubeconfig = JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ name: "u", user: { token: "very-secret" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    });
    const program = () => {
      const provider = new k8s.Provider("p", { kubeconfig });
      new k8s.core.v1.Namespace("ns", { metadata: { name: "n" } }, { provider });
      return Promise.resolve();
    };
    const { output } = await stack.preview(program);
    assert.match(output, /https:\/\/127\.0\.0\.1:1 can't be reached/);
    await assert.rejects(stack.up(program), (error: Error) => {
      assert.match(error.message, /cluster at https:\/\/127\.0\.0\.1:1 can't be reached: ECONNREFUSED/);
      assert.match(error.message, /Check that the cluster is up/);
      assert.doesNotMatch(error.message, /^\s+at .*\.js:/m, "a stack trace");
      assert.doesNotMatch(error.message, /very-secret/);
      return true;
    });
  });
});
