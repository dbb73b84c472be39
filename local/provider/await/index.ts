import type { Api } from "../api";
import { isApiError, isMissing, NotReady, Unreachable } from "../errors";
import { annotation, label } from "../objects";
import { at, objectsAt, textAt, type Properties } from "../properties";
import { explain } from "./explain";
import { readiness, type Check } from "./ready";
import { waitFor } from "./wait-for";

const firstPause = 100;
const longestPause = 1000;
const deletionSeconds = 600;

/** Seconds to wait: the resource's `customTimeouts`, else `pulumi.com/timeoutSeconds`, else the default. */
export function timeoutOf(custom: number, inputs: Properties, otherwise: number): number {
  const annotated = Number(annotation(inputs, "pulumi.com/timeoutSeconds"));
  return custom || (Number.isInteger(annotated) && annotated > 0 ? annotated : otherwise);
}

/** What to wait for, or undefined when nothing: not awaited kinds, and `pulumi.com/skipAwait`. */
export function awaited(inputs: Properties): { check: Check; seconds: number } | undefined {
  if (annotation(inputs, "pulumi.com/skipAwait") === "true") return undefined;
  const asked = annotation(inputs, "pulumi.com/waitFor");
  return asked ? { check: waitFor(asked), seconds: 600 } : readiness(inputs);
}

/** Calls `look` with growing pauses until it answers with something or the time is up. */
async function poll<T>(
  api: Api,
  seconds: number,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const end = Date.now() + seconds * 1000;
  for (let pause = firstPause; ; pause = Math.min(pause * 1.5, longestPause)) {
    const found = await look();
    if (found !== undefined) return found;
    const left = end - Date.now();
    if (left <= 0) return undefined;
    await api.client.pause(Math.min(pause, left));
  }
}

/** A server that is away for a moment (a restart) is no reason to stop waiting; the time limit is. */
async function getPatiently(api: Api, object: Properties): Promise<Properties | undefined> {
  try {
    return await api.get(object);
  } catch (error) {
    if (error instanceof Unreachable || (isApiError(error) && error.code >= 500)) return undefined;
    throw error;
  }
}

/**
 * Waits until a created or updated object is ready.
 *
 * @param custom seconds of the resource's `customTimeouts`, 0 when it has none
 * @param report takes what is being waited for, whenever that changes
 * @returns the object once it is ready
 * @throws NotReady with the reasons, when it failed for good or the time is up
 */
export async function untilReady(
  api: Api,
  inputs: Properties,
  applied: Properties,
  custom: number,
  report: (message: string) => void,
): Promise<Properties> {
  const rule = awaited(inputs);
  if (!rule) return applied;
  const seconds = timeoutOf(custom, inputs, rule.seconds);
  let live: Properties | undefined;
  let said = "";
  const end = await poll(api, seconds, async () => {
    live = live ? ((await getPatiently(api, applied)) ?? live) : applied;
    const progress = await rule.check(live, api);
    if (progress.state !== "waiting") return progress;
    if (progress.message !== said) report((said = progress.message));
    return undefined;
  });
  live ??= applied;
  if (end?.state === "ready") return live;
  const why = end
    ? end.message
    : `not ready after ${seconds} seconds: ${said} (more time: customTimeouts, or pulumi.com/timeoutSeconds)`;
  throw new NotReady(`${label(live)}: ${why}`, await explain(live, api), live);
}

/** Looks once, for refresh, whether the object is ready. @throws NotReady with the reasons */
export async function readyNow(api: Api, inputs: Properties, live: Properties): Promise<void> {
  const rule = awaited(inputs);
  const progress = rule ? await rule.check(live, api) : undefined;
  if (progress && progress.state !== "ready") {
    throw new NotReady(`${label(live)}: ${progress.message}`, await explain(live, api), live);
  }
}

// For these kinds the real provider takes skipAwait to mean deletion too.
const skipsDeletion = new Set(["Namespace", "Pod", "DaemonSet", "Deployment", "StatefulSet", "Job"]);

/**
 * Waits until a deleted object is gone.
 *
 * @throws NotReady naming the finalizers, or what is left in a namespace, when the time is up
 */
export async function untilGone(
  api: Api,
  inputs: Properties,
  deleted: Properties,
  custom: number,
  report: (message: string) => void,
): Promise<void> {
  const skip = annotation(inputs, "pulumi.com/skipAwait") === "true";
  if (skip && skipsDeletion.has(textAt(deleted, "kind"))) return;
  const uid = textAt(deleted, "metadata", "uid");
  const seconds = timeoutOf(custom, inputs, deletionSeconds);
  let live = deleted;
  let said = "";
  const gone = await poll(api, seconds, async () => {
    try {
      live = (await getPatiently(api, live)) ?? live;
    } catch (error) {
      if (isMissing(error)) return true;
      throw error;
    }
    if (textAt(live, "metadata", "uid") !== uid) return true; // another object took its name
    const message = remaining(live);
    if (message !== said) report((said = message));
    return undefined;
  });
  if (gone) return;
  throw new NotReady(`${label(live)}: still there ${seconds} seconds after its deletion: ${said}`, [], live);
}

function remaining(live: Properties): string {
  const held = objectsAt(live, "status", "conditions")
    .filter((found) => found["status"] === "True")
    .map((found) => textAt(found, "message"))
    .filter(Boolean);
  const finalizers = at(live, "metadata", "finalizers");
  const names = Array.isArray(finalizers) ? finalizers.map(String) : [];
  const namespace = textAt(live, "kind") === "Namespace" ? held : [];
  return [
    "waiting for its deletion",
    ...(names.length > 0 ? [`finalizers: ${names.join(", ")}`] : []),
    ...namespace,
  ].join("; ");
}
