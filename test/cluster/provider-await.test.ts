import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Hands, type Thing } from "../support/provider-cluster";
import { ProviderStack } from "../support/provider-stack";

// No kubelet runs here, so the tests write the statuses that one would.
describe("the stand-in: waiting until an object is ready", function () {
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
  afterEach(() => stack.forget());

  const containers = [{ name: "c", image: "x" }];
  const template = { metadata: { labels: { app: "a" } }, spec: { containers } };
  const selector = { matchLabels: { app: "a" } };
  const metadata = (annotations: Record<string, string> = {}) => ({ namespace, name: "a", annotations });
  const pod =
    (annotations: Record<string, string> = {}, options: { create?: string } = {}) =>
    () => {
      new k8s.core.v1.Pod(
        "pod",
        { metadata: metadata(annotations), spec: { containers } },
        { customTimeouts: options },
      );
      return Promise.resolve();
    };
  const ready = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
  const failure = {
    phase: "Failed",
    containerStatuses: [
      {
        name: "c",
        image: "x",
        imageID: "",
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode: 3, reason: "Error", message: "the disk is full" } },
      },
    ],
  };

  /** Starts an update, waits for the object, sees that the update waits for it too, and writes its status. */
  async function setStatus(
    program: () => Promise<void>,
    kind: [string, string],
    status: (live: Thing) => object,
  ) {
    let done = false;
    const update = stack.up(program).finally(() => (done = true));
    update.catch(() => undefined); // looked at by the caller
    const live = await hands.appears(...kind, "a", namespace);
    assert.equal(done, false, "the update waits");
    await hands.status(live, status(live));
    return update;
  }

  it("waits for a pod to be ready, and says what it waits for", async () => {
    const { output } = await setStatus(pod(), ["v1", "Pod"], () => ready);
    assert.match(output, /the pod is Pending/);
    assert.match(output, /1 created|2 created/);
  });

  it("takes a pod that has succeeded for ready", async () => {
    await setStatus(pod(), ["v1", "Pod"], () => ({ phase: "Succeeded" }));
  });

  it("fails with the container's exit code and message when a pod fails; the state keeps it", async () => {
    await assert.rejects(
      setStatus(pod(), ["v1", "Pod"], () => failure),
      /the pod failed[^]*pod a: container "c" exited with code 3 \(Error\): the disk is full/,
    );
    const stored = (await stack.resources())["pod"];
    assert.equal(stored?.id, `${namespace}/a`);
    assert.match(stored?.initErrors?.join() ?? "", /the disk is full/);
  });

  it("tries an object again that wasn't ready, with the next up, without touching it", async () => {
    await assert.rejects(stack.up(pod({ "pulumi.com/timeoutSeconds": "1" })), /not ready after 1 seconds/);
    const before = await hands.get("v1", "Pod", "a", namespace);
    await hands.status(before, ready);
    assert.deepEqual((await stack.up(pod({ "pulumi.com/timeoutSeconds": "1" }))).steps, ["update pod"]);
    const after = await hands.get("v1", "Pod", "a", namespace);
    assert.equal(after.metadata?.uid, before.metadata?.uid);
    assert.deepEqual((await stack.up(pod({ "pulumi.com/timeoutSeconds": "1" }))).steps, []);
  });

  it("says why a pod can't be scheduled when its time is up", async () => {
    const unschedulable = () => {
      new k8s.core.v1.Pod(
        "pod",
        { metadata: metadata(), spec: { containers, nodeSelector: { no: "such" } } },
        { customTimeouts: { create: "2s" } },
      );
      return Promise.resolve();
    };
    await assert.rejects(
      stack.up(unschedulable),
      /not ready after 2 seconds[^]*Unschedulable: (no nodes|0\/)/,
    );
  });

  it("does not wait with pulumi.com/skipAwait", async () => {
    await stack.up(pod({ "pulumi.com/skipAwait": "true" }));
  });

  it("waits for what pulumi.com/waitFor says, all of it", async () => {
    const waitFor = JSON.stringify([
      "jsonpath={.status.phase}=Running",
      "condition=Cooked",
      "jsonpath=.status.podIP",
    ]);
    const { output } = await setStatus(pod({ "pulumi.com/waitFor": waitFor }), ["v1", "Pod"], () => ({
      phase: "Running",
      podIP: "10.0.0.1",
      podIPs: [{ ip: "10.0.0.1" }],
      conditions: [{ type: "Cooked", status: "True" }],
    }));
    assert.match(output, /waiting for \.status\.phase to be Running \(now: Pending\)/);
  });

  it("refuses a pulumi.com/waitFor that it can't read, in preview already", async () => {
    await assert.rejects(
      stack.preview(pod({ "pulumi.com/waitFor": "ready" })),
      /expected a "jsonpath=" or "condition="/,
    );
  });

  it("waits for a deployment's pods, and shows how many there are", async () => {
    const program = () => {
      new k8s.apps.v1.Deployment("d", { metadata: metadata(), spec: { replicas: 1, selector, template } });
      return Promise.resolve();
    };
    const update = stack.up(program);
    await hands.appears("apps/v1", "Deployment", "a", namespace);
    const [first] = await hands.some("v1", "Pod", namespace);
    assert.ok(first);
    await hands.status(first, ready);
    assert.match((await update).output, /0 of 1 pods available/);
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
    for (const name of ["a-0", "a-1"]) {
      await hands.status(await hands.appears("v1", "Pod", name, namespace), ready);
    }
    assert.match((await update).output, /of 2 pods ready/);
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
    await podDone({ phase: "Succeeded" });
    assert.match((await update).output, /pods: 0 succeeded/);
  });

  it("fails with what the job's pod said when a job fails", async () => {
    const update = stack.up(job());
    update.catch(() => undefined);
    await podDone(failure);
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
    const { output } = await setStatus(claim("other"), ["v1", "PersistentVolumeClaim"], () => ({
      phase: "Bound",
    }));
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
    await hands.appears("v1", "Service", "a", namespace);
    await hands.create({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { namespace, name: "hand", labels: { "kubernetes.io/service-name": "a" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.1.2.3"], conditions: { ready: true } }],
      ports: [{ port: 80 }],
    });
    assert.match((await update).output, /no running pod matches \.spec\.selector/);
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
    const { output } = await setStatus(program, ["v1", "Service"], () => status);
    assert.match(output, /waiting for the load balancer's address/);
  });

  it("reports in a refresh that an object is no longer ready", async () => {
    await setStatus(pod(), ["v1", "Pod"], () => ready);
    await hands.status(await hands.get("v1", "Pod", "a", namespace), failure);
    const { output } = await stack.refresh();
    assert.match(output, /the disk is full/);
    assert.match((await stack.resources())["pod"]?.initErrors?.join() ?? "", /the pod failed/);
  });

  it("stops waiting when the update is cancelled", async () => {
    const update = stack.up(pod());
    update.catch(() => undefined);
    await hands.appears("v1", "Pod", "a", namespace);
    stack.interrupt();
    await assert.rejects(update, /cancel/i);
  });
});
