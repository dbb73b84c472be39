import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Hands, podFailed, podReady, whileWaiting } from "../support/provider-cluster";
import { ProviderStack } from "../support/provider-stack";

// No kubelet runs here, so the tests write the statuses that one would.
describe("the stand-in: waiting for controllers, claims and services", function () {
  this.timeout(0);
  let hands: Hands;
  let namespace: string;
  let stack: ProviderStack;

  before(async () => {
    hands = await Hands.make();
  });
  beforeEach(async () => {
    namespace = await hands.namespace("await");
    stack = await ProviderStack.make(hands.kubeconfig);
  });
  afterEach(function () {
    return stack.forget(this.currentTest);
  });

  const containers = [{ name: "c", image: "x" }];
  const template = { metadata: { labels: { app: "a" } }, spec: { containers } };
  const selector = { matchLabels: { app: "a" } };
  const metadata = (annotations: Record<string, string> = {}) => ({ namespace, name: "a", annotations });

  it("waits for a deployment's pods, and shows how many there are", async () => {
    const program = () => {
      new k8s.apps.v1.Deployment("d", { metadata: metadata(), spec: { replicas: 1, selector, template } });
      return Promise.resolve();
    };
    const update = stack.up(program);
    await stack.says(/0 of 1 pods available/);
    const [first] = await hands.some("v1", "Pod", namespace);
    assert.ok(first);
    await hands.status(first, podReady);
    await update;
  });

  it("says why a deployment gets no pods: admission refuses them", async () => {
    namespace = await hands.namespace("await", { "pod-security.kubernetes.io/enforce": "restricted" });
    await assert.rejects(
      stack.up(() => {
        new k8s.apps.v1.Deployment(
          "d",
          { metadata: metadata(), spec: { selector, template } },
          { customTimeouts: { create: "3s" } },
        );
        return Promise.resolve();
      }),
      /0 of 1 pods available[^]*violates PodSecurity "restricted/,
    );
  });

  it("waits for a statefulset's pods, one after the other", async () => {
    const program = () => {
      const spec = { replicas: 2, serviceName: "a", selector, template };
      new k8s.apps.v1.StatefulSet("s", { metadata: metadata(), spec });
      return Promise.resolve();
    };
    const update = stack.up(program);
    for (const [index, name] of ["a-0", "a-1"].entries()) {
      await stack.says(new RegExp(`${index} of 2 pods ready`));
      await hands.status(await hands.appears("v1", "Pod", name, namespace), podReady);
    }
    await update;
  });

  it("waits for a daemonset's pods", async () => {
    const program = () => {
      new k8s.apps.v1.DaemonSet("d", { metadata: metadata(), spec: { selector, template } });
      return Promise.resolve();
    };
    await stack.up(program); // no node, no pod: ready at once
    const live = await hands.get("apps/v1", "DaemonSet", "a", namespace);
    assert.equal((live["status"] as { desiredNumberScheduled: number }).desiredNumberScheduled, 0);
  });

  const job =
    (annotations: Record<string, string> = {}) =>
    () => {
      const spec = { backoffLimit: 0, template: { spec: { restartPolicy: "Never", containers } } };
      new k8s.batch.v1.Job("job", { metadata: metadata(annotations), spec });
      return Promise.resolve();
    };
  const podDone = async (status: object) => {
    const [first] = await hands.some("v1", "Pod", namespace);
    assert.ok(first);
    await hands.status(first, status);
  };

  it("waits for a job to complete", async () => {
    const update = stack.up(job());
    await stack.says(/pods: 0 succeeded/);
    await podDone({ phase: "Succeeded" });
    await update;
  });

  it("fails with what the job's pod said when a job fails", async () => {
    const update = stack.up(job());
    update.catch(() => undefined);
    await podDone(podFailed);
    await assert.rejects(update, /the job failed: [^]*exited with code 3 \(Error\): the disk is full/);
  });

  it("replaces a job that isn't done with pulumi.com/replaceUnready", async () => {
    const annotations = { "pulumi.com/replaceUnready": "true", "pulumi.com/timeoutSeconds": "1" };
    await assert.rejects(stack.up(job(annotations)), /not ready after 1 seconds/);
    const { diffs } = await stack.preview(job(annotations));
    assert.deepEqual(Object.values(diffs["job"] ?? {}), ["update-replace"]);
  });

  it("waits for a claim to be bound, unless its class binds with the first pod", async () => {
    const claim = (storageClassName: string) => () => {
      const spec = {
        accessModes: ["ReadWriteOnce"],
        storageClassName,
        resources: { requests: { storage: "1Gi" } },
      };
      new k8s.core.v1.PersistentVolumeClaim("claim", { metadata: metadata(), spec });
      return Promise.resolve();
    };
    const provisioner = "test.local/none";
    const name = `${namespace}-late`;
    await hands.create({
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name },
      provisioner,
      volumeBindingMode: "WaitForFirstConsumer",
    });
    await stack.up(claim(name));
    namespace = await hands.namespace("await");
    const { output } = await whileWaiting(
      hands,
      stack.up(claim("other")),
      ["v1", "PersistentVolumeClaim", "a", namespace],
      {
        phase: "Bound",
      },
    );
    assert.match(output, /the claim is Pending/);
  });

  it("waits for a service to have a ready pod", async () => {
    const program = () => {
      new k8s.core.v1.Service("s", {
        metadata: metadata(),
        spec: { selector: { app: "a" }, ports: [{ port: 80 }] },
      });
      return Promise.resolve();
    };
    const update = stack.up(program);
    await stack.says(/no running pod matches \.spec\.selector/);
    await hands.create({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { namespace, name: "hand", labels: { "kubernetes.io/service-name": "a" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.1.2.3"], conditions: { ready: true } }],
      ports: [{ port: 80 }],
    });
    await update;
  });

  it("waits for a load balancer's address, and not for pods where there is no selector", async () => {
    const program = () => {
      new k8s.core.v1.Service("s", {
        metadata: metadata(),
        spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
      });
      return Promise.resolve();
    };
    const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
    const { output } = await whileWaiting(
      hands,
      stack.up(program),
      ["v1", "Service", "a", namespace],
      status,
    );
    assert.match(output, /waiting for the load balancer's address/);
  });
});
