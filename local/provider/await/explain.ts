import type { Api } from "../api";
import { messageOf } from "../errors";
import { nameOf, namespaceOf } from "../objects";
import { at, isObject, numberAt, objectsAt, textAt, textOf, type Properties } from "../properties";
import { condition } from "./ready";

const mostReasons = 12;

function terminated(name: string, state: Properties): string {
  const code = numberAt(state, "exitCode");
  const reason = textAt(state, "reason");
  const signal = numberAt(state, "signal");
  const said = textAt(state, "message").trim();
  const how = signal ? `was killed by signal ${signal}` : `exited with code ${code}`;
  return `container "${name}" ${how}${reason ? ` (${reason})` : ""}${said ? `: ${said}` : ""}`;
}

function container(status: Properties): string[] {
  const name = textAt(status, "name");
  const reasons: string[] = [];
  const waitingState = at(status, "state", "waiting");
  const stopped = at(status, "state", "terminated");
  const before = at(status, "lastState", "terminated");
  if (
    isObject(waitingState) &&
    !["ContainerCreating", "PodInitializing"].includes(textAt(waitingState, "reason"))
  ) {
    const message = textAt(waitingState, "message");
    reasons.push(
      `container "${name}" is waiting: ${textAt(waitingState, "reason")}${message ? `: ${message}` : ""}`,
    );
  }
  if (isObject(stopped) && numberAt(stopped, "exitCode") !== 0) reasons.push(terminated(name, stopped));
  else if (isObject(before) && numberAt(before, "exitCode") !== 0) reasons.push(terminated(name, before));
  return reasons;
}

/** What keeps a pod from being ready, from its status. */
export function podReasons(pod: Properties): string[] {
  const containers = [
    ...objectsAt(pod, "status", "initContainerStatuses"),
    ...objectsAt(pod, "status", "containerStatuses"),
  ].flatMap(container);
  const scheduled = condition(pod, "PodScheduled");
  const unscheduled =
    scheduled?.["status"] === "False"
      ? [`${textAt(scheduled, "reason")}: ${textAt(scheduled, "message")}`]
      : [];
  const evicted = textAt(pod, "status", "message");
  return [
    ...unscheduled,
    ...(evicted ? [`${textAt(pod, "status", "reason")}: ${evicted}`] : []),
    ...containers,
  ].map((reason) => `pod ${nameOf(pod)}: ${reason}`);
}

async function warnings(object: Properties, api: Api): Promise<string[]> {
  const events = await api.list({ apiVersion: "v1", kind: "Event" }, namespaceOf(object), {
    fieldSelector: `involvedObject.uid=${textAt(object, "metadata", "uid")},type=Warning`,
  });
  return events.map(
    (event) =>
      `${textAt(object, "kind") || "Pod"} ${nameOf(object)}: ${textAt(event, "reason")}: ${textAt(event, "message")}`,
  );
}

async function owned(kind: string, apiVersion: string, object: Properties, api: Api): Promise<Properties[]> {
  const labels = at(object, "spec", "selector", "matchLabels");
  const labelSelector = isObject(labels)
    ? Object.entries(labels)
        .map(([key, value]) => `${key}=${textOf(value)}`)
        .join(",")
    : "";
  if (!labelSelector) return [];
  const found = await api.list({ apiVersion, kind }, namespaceOf(object), { labelSelector });
  return found.map((item) => ({ ...item, apiVersion, kind }));
}

async function gather(object: Properties, api: Api): Promise<string[]> {
  const kind = textAt(object, "kind");
  const failure = condition(object, "ReplicaFailure");
  const own =
    failure?.["status"] === "True" ? [`${textAt(failure, "reason")}: ${textAt(failure, "message")}`] : [];
  const sets = kind === "Deployment" ? await owned("ReplicaSet", "apps/v1", object, api) : [];
  const controls = ["Deployment", "StatefulSet", "DaemonSet", "Job"].includes(kind);
  const pods = kind === "Pod" ? [object] : controls ? await owned("Pod", "v1", object, api) : [];
  const sources = kind === "Pod" ? [object] : [object, ...sets, ...pods];
  const events = await Promise.all(sources.slice(0, mostReasons).map((source) => warnings(source, api)));
  return [...own, ...pods.flatMap(podReasons), ...events.flat()];
}

/**
 * Why an object isn't ready: what its controller, its pods, their containers and the warning events say. Asked
 * only once waiting has failed, so it costs nothing otherwise.
 */
export async function explain(object: Properties, api: Api): Promise<string[]> {
  try {
    return [...new Set(await gather(object, api))].slice(0, mostReasons);
  } catch (error) {
    // The failure that is being explained matters more than one while asking about it.
    return [`the reasons could not be read: ${messageOf(error)}`];
  }
}
