import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Hands, podFailed, podReady, whileWaiting } from "../support/provider-cluster";
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
  afterEach(function () {
    return stack.forget(this.currentTest);
  });

  const containers = [{ name: "c", image: "x" }];
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
  it("waits for a pod to be ready, and says what it waits for", async () => {
    const { output } = await whileWaiting(hands, stack.up(pod()), ["v1", "Pod", "a", namespace], podReady);
    assert.match(output, /the pod is Pending/);
    assert.match(output, /1 created|2 created/);
  });

  it("takes a pod that has succeeded for ready", async () => {
    await whileWaiting(hands, stack.up(pod()), ["v1", "Pod", "a", namespace], { phase: "Succeeded" });
  });

  it("fails with the container's exit code and message when a pod fails; the state keeps it", async () => {
    await assert.rejects(
      whileWaiting(hands, stack.up(pod()), ["v1", "Pod", "a", namespace], podFailed),
      /the pod failed[^]*pod a: container "c" exited with code 3 \(Error\): the disk is full/,
    );
    const stored = (await stack.resources())["pod"];
    assert.equal(stored?.id, `${namespace}/a`);
    assert.match(stored?.initErrors?.join() ?? "", /the disk is full/);
  });

  it("tries an object again that wasn't ready, with the next up, without touching it", async () => {
    await assert.rejects(stack.up(pod({ "pulumi.com/timeoutSeconds": "1" })), /not ready after 1 seconds/);
    const before = await hands.get("v1", "Pod", "a", namespace);
    await hands.status(before, podReady);
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
    const { output } = await whileWaiting(
      hands,
      stack.up(pod({ "pulumi.com/waitFor": waitFor })),
      ["v1", "Pod", "a", namespace],
      {
        phase: "Running",
        podIP: "10.0.0.1",
        podIPs: [{ ip: "10.0.0.1" }],
        conditions: [{ type: "Cooked", status: "True" }],
      },
    );
    assert.match(output, /waiting for \.status\.phase to be Running \(now: Pending\)/);
  });

  it("refuses a pulumi.com/waitFor that it can't read, in preview already", async () => {
    await assert.rejects(
      stack.preview(pod({ "pulumi.com/waitFor": "ready" })),
      /expected a "jsonpath=" or "condition="/,
    );
  });

  it("reports in a refresh that an object is no longer ready", async () => {
    await whileWaiting(hands, stack.up(pod()), ["v1", "Pod", "a", namespace], podReady);
    await hands.status(await hands.get("v1", "Pod", "a", namespace), podFailed);
    const { output } = await stack.refresh();
    assert.match(output, /the disk is full/);
    assert.match((await stack.resources())["pod"]?.initErrors?.join() ?? "", /the pod failed/);
  });

  it("stops waiting when the update is cancelled, and keeps the object in the state", async () => {
    const update = stack.up(pod({ "pulumi.com/timeoutSeconds": "20" }));
    update.catch(() => undefined);
    await stack.says(/the pod is Pending/);
    stack.interrupt();
    await assert.rejects(update, /stopped: the operation was cancelled/);
    assert.equal((await stack.resources())["pod"]?.id, `${namespace}/a`);
  });
});
