import type { Api } from "../api";
import { groupOf, kindOf, nameOf, namespaceOf } from "../objects";
import { at, isObject, numberAt, objectsAt, same, textAt, type Properties } from "../properties";

/** How far an object is: ready; or on its way, with what it waits for; or failed for good. */
export type Progress = { state: "ready" } | { state: "waiting" | "failed"; message: string };

/** Looks at an object, and if need be at others in the cluster. */
export type Check = (live: Properties, api: Api) => Progress | Promise<Progress>;

const ready: Progress = { state: "ready" };
const waiting = (message: string): Progress => ({ state: "waiting", message });
const failed = (message: string): Progress => ({ state: "failed", message });

/** The status condition of a type. */
export function condition(live: Properties, type: string): Properties | undefined {
  return objectsAt(live, "status", "conditions").find((found) => found["type"] === type);
}

function isTrue(live: Properties, type: string): boolean {
  return condition(live, type)?.["status"] === "True";
}

function unseen(live: Properties): boolean {
  return numberAt(live, "status", "observedGeneration") < numberAt(live, "metadata", "generation");
}

const count = (live: Properties, field: string) => numberAt(live, "status", field);

function replicas(live: Properties): number {
  const wanted = at(live, "spec", "replicas");
  return typeof wanted === "number" ? wanted : 1;
}

const deployment: Check = (live) => {
  if (unseen(live)) return waiting("waiting for the deployment controller");
  const wanted = replicas(live);
  const progressing = condition(live, "Progressing");
  if (progressing?.["reason"] === "ProgressDeadlineExceeded") {
    return failed(`the rollout made no progress within its deadline: ${textAt(progressing, "message")}`);
  }
  const updated = count(live, "updatedReplicas");
  const available = count(live, "availableReplicas");
  if (updated < wanted || count(live, "replicas") > updated || available < wanted) {
    return waiting(`${available} of ${wanted} pods available, ${updated} updated`);
  }
  return ready;
};

const statefulSet: Check = (live) => {
  if (unseen(live)) return waiting("waiting for the statefulset controller");
  const wanted = replicas(live);
  const done = count(live, "readyReplicas");
  const partition = numberAt(live, "spec", "updateStrategy", "rollingUpdate", "partition");
  const onDelete = textAt(live, "spec", "updateStrategy", "type") === "OnDelete";
  const updated = onDelete ? wanted : count(live, "updatedReplicas");
  if (done < wanted || updated < wanted - partition) {
    return waiting(`${done} of ${wanted} pods ready, ${updated} updated`);
  }
  return ready;
};

const daemonSet: Check = (live) => {
  if (unseen(live)) return waiting("waiting for the daemonset controller");
  const wanted = count(live, "desiredNumberScheduled");
  const available = count(live, "numberAvailable");
  const onDelete = textAt(live, "spec", "updateStrategy", "type") === "OnDelete";
  const updated = onDelete ? wanted : count(live, "updatedNumberScheduled");
  if (available < wanted || updated < wanted) {
    return waiting(`${available} of ${wanted} pods available, ${updated} updated`);
  }
  return ready;
};

const job: Check = (live) => {
  if (isTrue(live, "Complete") || at(live, "spec", "suspend") === true) return ready;
  const failure = condition(live, "Failed");
  if (failure?.["status"] === "True") {
    return failed(`the job failed: ${textAt(failure, "message") || textAt(failure, "reason")}`);
  }
  const parts = [`${count(live, "succeeded")} succeeded`, `${count(live, "active")} active`];
  if (count(live, "failed") > 0) parts.push(`${count(live, "failed")} failed`);
  return waiting(`pods: ${parts.join(", ")}`);
};

const pod: Check = (live) => {
  const phase = textAt(live, "status", "phase");
  if (phase === "Failed") {
    return failed(["the pod failed", textAt(live, "status", "message")].filter(Boolean).join(": "));
  }
  if (phase === "Succeeded" || isTrue(live, "Ready")) return ready;
  const message =
    textAt(condition(live, "PodScheduled"), "message") || textAt(condition(live, "Ready"), "message");
  return waiting([`the pod is ${phase || "Pending"}`, message].filter(Boolean).join(": "));
};

const claim: Check = async (live, api) => {
  const phase = textAt(live, "status", "phase");
  if (phase === "Bound") return ready;
  if (phase === "Lost") return failed("the volume that the claim was bound to is gone");
  const name = textAt(live, "spec", "storageClassName");
  if (name) {
    const storageClass = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name } };
    const found = await api.get(storageClass).catch(() => undefined);
    if (found && textAt(found, "volumeBindingMode") === "WaitForFirstConsumer") return ready;
  }
  return waiting(`the claim is ${phase || "Pending"}${name ? ` (storage class ${name})` : ""}`);
};

const service: Check = async (live, api) => {
  const type = textAt(live, "spec", "type");
  if (type === "LoadBalancer" && objectsAt(live, "status", "loadBalancer", "ingress").length === 0) {
    return waiting("waiting for the load balancer's address");
  }
  const selector = at(live, "spec", "selector");
  const headless = textAt(live, "spec", "clusterIP") === "None";
  if (type === "ExternalName" || headless || !isObject(selector) || Object.keys(selector).length === 0)
    return ready;
  const slices = await api.list(
    { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" },
    namespaceOf(live),
    {
      labelSelector: `kubernetes.io/service-name=${nameOf(live)}`,
    },
  );
  const endpoints = slices.flatMap((slice) => objectsAt(slice, "endpoints"));
  if (endpoints.some((endpoint) => at(endpoint, "conditions", "ready") !== false)) return ready;
  return waiting(
    endpoints.length > 0
      ? `none of the ${endpoints.length} pods that it selects is ready`
      : "no running pod matches .spec.selector",
  );
};

const quota: Check = (live) =>
  same(at(live, "spec", "hard"), at(live, "status", "hard"))
    ? ready
    : waiting("waiting for the quota controller");

const customResourceDefinition: Check = (live) =>
  isTrue(live, "Established") ? ready : waiting("waiting for the server to serve the new kind");

const checks: Record<string, { check: Check; seconds: number }> = {
  "apps/Deployment": { check: deployment, seconds: 600 },
  "apps/StatefulSet": { check: statefulSet, seconds: 600 },
  "apps/DaemonSet": { check: daemonSet, seconds: 600 },
  "batch/Job": { check: job, seconds: 600 },
  "/Pod": { check: pod, seconds: 600 },
  "/PersistentVolumeClaim": { check: claim, seconds: 300 },
  "/Service": { check: service, seconds: 600 },
  "/ResourceQuota": { check: quota, seconds: 60 },
  "apiextensions.k8s.io/CustomResourceDefinition": { check: customResourceDefinition, seconds: 60 },
};

/** What readiness means for the kind, and for how many seconds to wait for it; undefined when nothing is awaited. */
export function readiness(live: Properties): { check: Check; seconds: number } | undefined {
  const { apiVersion, kind } = kindOf(live);
  return checks[`${groupOf(apiVersion)}/${kind}`];
}
