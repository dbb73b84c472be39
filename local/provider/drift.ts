import { at, isObject, same, type Properties, type Value } from "./properties";

// Lists to which the server or others add elements of their own, and the field that tells elements apart
// (Kubernetes' list map keys). In every other list an added element is drift.
const shared: Record<string, string> = {
  containers: "name",
  initContainers: "name",
  volumes: "name",
  volumeMounts: "mountPath",
  env: "name",
  imagePullSecrets: "name",
  secrets: "name",
  webhooks: "name",
  ownerReferences: "uid",
  readinessGates: "conditionType",
  topologySpreadConstraints: "topologyKey",
};
// Admission appends tolerations; finalizers come from controllers.
const appended = new Set(["tolerations", "finalizers"]);

function element(list: Value | undefined, key: string, like: Value): Value | undefined {
  return Array.isArray(list) ? list.find((item) => at(item, key) === at(like, key)) : undefined;
}

function mergeList(inputs: Value[], before: Value | undefined, live: Value[], name: string): Value[] {
  const key = shared[name];
  if (key && inputs.every((item) => at(item, key) !== undefined)) {
    return inputs.flatMap((item) => {
      const now = element(live, key, item);
      const merged = merge(item, element(before, key, item), now, "");
      return merged === undefined ? [] : [merged];
    });
  }
  const seen = appended.has(name) ? live.slice(0, inputs.length) : live;
  return seen.map((now, index) => merge(inputs[index], at(before, index), now, "") ?? now);
}

function merge(
  input: Value | undefined,
  before: Value | undefined,
  live: Value | undefined,
  name: string,
): Value | undefined {
  // The server still holds what it made of the input when it was applied: keep the program's own spelling.
  if (same(before, live)) return input;
  if (live === undefined || input === undefined) return live;
  if (isObject(input) && isObject(live)) {
    const merged: Properties = {};
    for (const [key, value] of Object.entries(input)) {
      const now = merge(value, at(before, key), live[key], key);
      if (now !== undefined) merged[key] = now;
    }
    return merged;
  }
  if (Array.isArray(input) && Array.isArray(live)) return mergeList(input, before, live, name);
  return live;
}

/** A Secret as the server holds it, its `data` also spelled as the `stringData` that the inputs used. */
function withStringData(live: Properties, inputs: Properties): Properties {
  if (live["kind"] !== "Secret" || !isObject(inputs["stringData"])) return live;
  const stringData: Properties = {};
  for (const key of Object.keys(inputs["stringData"])) {
    const data = at(live, "data", key);
    if (typeof data === "string") stringData[key] = Buffer.from(data, "base64").toString("utf8");
  }
  return { ...live, stringData };
}

/**
 * The inputs as the cluster has them now, in the shape of the inputs that were applied.
 *
 * A field that the server still holds as it did after the last apply keeps the program's spelling, so that
 * defaults, canonical quantities ("1000m" is "1") and rewritten values are no differences. A field that changed
 * since takes the live value, one that is gone is left out, and fields that the program never set don't count.
 *
 * @param inputs the inputs last applied
 * @param before the object as it was then, {} when not known
 * @param live the object now
 */
export function liveInputs(inputs: Properties, before: Properties, live: Properties): Properties {
  const merged = merge(inputs, withStringData(before, inputs), withStringData(live, inputs), "");
  return isObject(merged) ? merged : inputs;
}

const serverSet = new Set([
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
]);
const controllerSet = new Set([
  "deployment.kubernetes.io/revision",
  "kubectl.kubernetes.io/last-applied-configuration",
]);

function without(object: Properties, names: Set<string>): Properties {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !names.has(key)));
}

/** The inputs of an object that is imported: all of it but its status and what only the server sets. */
export function importedInputs(live: Properties): Properties {
  const inputs = without(live, new Set(["status"]));
  const metadata = live["metadata"];
  if (!isObject(metadata)) return inputs;
  const kept = without(metadata, serverSet);
  if (isObject(kept["annotations"])) {
    const annotations = without(kept["annotations"], controllerSet);
    if (Object.keys(annotations).length > 0) kept["annotations"] = annotations;
    else delete kept["annotations"];
  }
  return { ...inputs, metadata: kept };
}

/** Inputs without the metadata that only the server sets, which the API would refuse or ignore. */
export function settable(inputs: Properties): Properties {
  const metadata = inputs["metadata"];
  return isObject(metadata) ? { ...inputs, metadata: without(metadata, serverSet) } : inputs;
}
