import assert from "node:assert/strict";
import { podReasons } from "../../../local/provider/await/explain";
import { readiness } from "../../../local/provider/await/ready";
import { waitFor } from "../../../local/provider/await/wait-for";
import { ApiError } from "../../../local/provider/errors";
import { type Properties } from "../../../local/provider/properties";
import { PreviewJudge } from "../../../local/provider/refusals";
import type { Api } from "../../../local/provider/api";

const noApi = {} as Api;

describe("the stand-in's readiness", () => {
  const progress = (live: Properties) => readiness(live)?.check(live, noApi);

  it("of a deployment needs the newest generation seen, and its pods updated and available", async () => {
    const live = (status: Properties): Properties => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { generation: 2 },
      spec: { replicas: 2 },
      status,
    });
    const good: Properties = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
    assert.equal((await progress(live(good)))?.state, "ready");
    assert.equal((await progress(live({ ...good, observedGeneration: 1 })))?.state, "waiting");
    assert.equal((await progress(live({ ...good, availableReplicas: 1 })))?.state, "waiting");
    assert.equal((await progress(live({ ...good, replicas: 3 })))?.state, "waiting", "an old pod is left");
    const stuck = [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }];
    assert.equal((await progress(live({ ...good, conditions: stuck })))?.state, "failed");
  });

  it("of a daemonset and a statefulset leaves pods out that are only updated when deleted", async () => {
    const live = (kind: string, status: Properties): Properties => ({
      apiVersion: "apps/v1",
      kind,
      spec: { updateStrategy: { type: "OnDelete" } },
      status,
    });
    const set: Properties = { desiredNumberScheduled: 1, numberAvailable: 1, updatedNumberScheduled: 0 };
    assert.equal((await progress(live("DaemonSet", set)))?.state, "ready");
    assert.equal(
      (await progress(live("StatefulSet", { readyReplicas: 1, updatedReplicas: 0 })))?.state,
      "ready",
    );
  });

  it("of a suspended job, a headless service and an external name is given at once", async () => {
    const job: Properties = { apiVersion: "batch/v1", kind: "Job", spec: { suspend: true } };
    assert.equal((await progress(job))?.state, "ready");
    const service = (spec: Properties): Properties => ({ apiVersion: "v1", kind: "Service", spec });
    assert.equal((await progress(service({ clusterIP: "None", selector: { a: "b" } })))?.state, "ready");
    assert.equal((await progress(service({ type: "ExternalName", selector: { a: "b" } })))?.state, "ready");
  });

  it("by waitFor compares values, finds paths and conditions, and wants all of them", async () => {
    const live: Properties = {
      status: {
        phase: "Bound",
        items: [{ name: "a", ok: true }],
        conditions: [{ type: "Done", status: "False" }],
      },
    };
    const state = async (text: string) => (await waitFor(text)(live, noApi)).state;
    assert.equal(await state("jsonpath={.status.phase}=Bound"), "ready");
    assert.equal(await state("jsonpath=.status.phase=Free"), "waiting");
    assert.equal(await state("jsonpath={.status.missing}"), "waiting");
    assert.equal(await state('jsonpath={.status.items[?(@.name=="a")].ok}=true'), "ready");
    assert.equal(await state("condition=Done=False"), "ready");
    assert.equal(await state("condition=Done"), "waiting");
    assert.equal(await state('["jsonpath={.status.phase}=Bound", "condition=Done"]'), "waiting");
    assert.throws(() => waitFor("Done"), /prefix/);
    assert.throws(() => waitFor("[]"), /empty list/);
  });

  it("is explained by unschedulable pods, waiting containers and what stopped ones said", () => {
    const pod: Properties = {
      metadata: { name: "p" },
      status: {
        conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no room" }],
        containerStatuses: [
          { name: "a", state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } },
          { name: "b", state: { waiting: { reason: "ContainerCreating" } } },
          {
            name: "c",
            state: { waiting: { reason: "CrashLoopBackOff" } },
            lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
          },
        ],
      },
    };
    assert.deepEqual(podReasons(pod), [
      "pod p: Unschedulable: no room",
      'pod p: container "a" is waiting: ImagePullBackOff: no such image',
      'pod p: container "c" is waiting: CrashLoopBackOff',
      'pod p: container "c" exited with code 137 (OOMKilled)',
    ]);
  });
});

describe("the stand-in's judgement of a refused dry run", () => {
  const object: Properties = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "n" } };
  const refusal = (reason: string, message: string) => new ApiError(403, reason, message);
  const security = refusal("Forbidden", 'pods "p" is forbidden: violates PodSecurity "restricted:latest"');

  it("fails on admission and on invalid objects", () => {
    const judge = new PreviewJudge();
    assert.equal(judge.judge(security, object), "fail");
    assert.equal(
      judge.judge(refusal("Invalid", "ValidatingAdmissionPolicy 'x' denied request: no"), object),
      "fail",
    );
    assert.equal(judge.judge(refusal("Invalid", "spec.x: Invalid value"), object), "fail");
  });

  it("passes what isn't there yet and what the user may not try", () => {
    const judge = new PreviewJudge();
    const passes = [
      refusal("NotFound", 'namespaces "n" not found'),
      refusal(
        "Forbidden",
        'pods "p" is forbidden: error looking up service account n/sa: serviceaccount "sa" not found',
      ),
      refusal("Forbidden", 'pods "p" is forbidden: pod rejected: RuntimeClass "gvisor" not found'),
      refusal("Forbidden", 'pods is forbidden: User "bob" cannot patch resource "pods" in API group ""'),
    ];
    for (const error of passes) assert.equal(judge.judge(error, object), "pass", error.message);
  });

  it("only warns once the preview has changed the namespace or a policy, and about quotas", () => {
    const judge = new PreviewJudge();
    assert.equal(judge.judge(refusal("Forbidden", "exceeded quota: q"), object), "warn");
    judge.note({ apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } });
    assert.equal(judge.judge(security, object), "fail");
    judge.note({ apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } });
    assert.equal(judge.judge(security, object), "warn");
  });
});
