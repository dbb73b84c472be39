import type { Api } from "./api";
import { isApiError } from "./errors";
import { at, isObject, objectsAt, textAt, type Properties, type Value } from "./properties";

// Managers whose fields the real provider takes over on update: kubectl's (edit, apply, label, ...), so that what
// somebody changed by hand is put back without a conflict, and its own of client-side times.
const adopted =
  /^(kubectl[^/]*\/(Apply|Update)|(before-first-apply|pulumi-kubernetes|pulumi-resource-kubernetes)\/Update)$/;

const managerOf = (entry: Properties) => `${textAt(entry, "manager")}/${textAt(entry, "operation")}`;

function union(a: Value | undefined, b: Value | undefined): Value {
  if (!isObject(a) || !isObject(b)) return a ?? b ?? {};
  const all: Properties = { ...a };
  for (const [key, value] of Object.entries(b)) all[key] = key in all ? union(all[key], value) : value;
  return all;
}

/**
 * The object's `managedFields` with everything that `manager` wrote other than by applying (the real provider
 * creates that way), and what kubectl applied, moved to `manager`'s server-side apply. Without that, a field that
 * is taken out of the program would stay, because its former writer still owns it.
 *
 * @param others whether to take over kubectl's fields too: not for a Patch resource, which owns only its own
 * @returns undefined when there is nothing to move
 */
export function takeOver(live: Properties, manager: string, others: boolean): Properties[] | undefined {
  const entries = objectsAt(live, "metadata", "managedFields");
  const ours = entries.filter(
    (entry) =>
      textAt(entry, "subresource") === "" &&
      (managerOf(entry) === `${manager}/Update` || (others && adopted.test(managerOf(entry)))),
  );
  if (ours.length === 0) return undefined;
  const applied = entries.find((entry) => managerOf(entry) === `${manager}/Apply`);
  const moved = [...(applied ? [applied] : []), ...ours];
  const fields = moved.map((entry) => entry["fieldsV1"]).reduce<Value>((all, more) => union(all, more), {});
  const rest = entries.filter((entry) => !moved.includes(entry));
  return [...rest, { ...(moved[0] ?? {}), manager, operation: "Apply", fieldsV1: fields }];
}

const adoptAttempts = 5;

/** Makes `manager` the applier of what it created (see {@link takeOver}). Answers with the object. */
export async function adoptFields(
  api: Api,
  live: Properties,
  manager: string,
  others: boolean,
): Promise<Properties> {
  for (let attempt = 1, now = live; ; attempt++, now = await api.get(live)) {
    const managedFields = takeOver(now, manager, others);
    if (!managedFields) return now;
    const version = textAt(now, "metadata", "resourceVersion");
    try {
      return await api.patch(
        now,
        [
          { op: "test", path: "/metadata/resourceVersion", value: version },
          { op: "replace", path: "/metadata/managedFields", value: managedFields },
        ],
        manager,
      );
    } catch (error) {
      // A controller wrote to the object in between.
      if (attempt === adoptAttempts || !isApiError(error, "Invalid", "Conflict")) throw error;
    }
  }
}

/** Whether a manager owns the field at a path of names (lists don't count). */
function ownsField(live: Properties, path: string[], owns: (manager: string) => boolean): boolean {
  return objectsAt(live, "metadata", "managedFields").some((entry) => {
    if (!owns(textAt(entry, "manager"))) return false;
    let here: Value | undefined = entry["fieldsV1"];
    for (const name of path) here = isObject(here) ? here[`f:${name}`] : undefined;
    return here !== undefined;
  });
}

/**
 * Lets go of every field that `manager` applied, by applying nothing: fields that nobody else owns vanish, the
 * object stays.
 */
export async function relinquish(api: Api, object: Properties, manager: string): Promise<void> {
  const identity: Properties = { apiVersion: object["apiVersion"] ?? "", kind: object["kind"] ?? "" };
  const metadata: Properties = { name: textAt(object, "metadata", "name") };
  const namespace = textAt(object, "metadata", "namespace");
  if (namespace) metadata["namespace"] = namespace;
  const live = await api.get(object);
  const ours = await adoptFields(api, live, manager, false);
  const owned = objectsAt(ours, "metadata", "managedFields").some((e) => managerOf(e) === `${manager}/Apply`);
  if (owned) await api.apply({ ...identity, metadata }, manager, true, false);
}

/**
 * The inputs to apply with `ignoreChanges`: an ignored field is left to the manager who owns it, and where that
 * is us, keeps its live value.
 */
export function withoutIgnored(
  inputs: Properties,
  live: Properties,
  ignored: string[],
  manager: string,
): Properties {
  const body = structuredClone(inputs);
  for (const path of ignored) {
    const names = path.split(".");
    const last = names.pop();
    const parent = at(body, ...names);
    // A path into a list can't be told from another element's; the engine has put the old input there.
    if (!last || !isObject(parent) || path.includes("[")) continue;
    const ours = ownsField(live, [...names, last], (name) => name === manager);
    const theirs = ownsField(live, [...names, last], (name) => name !== manager);
    const now = at(live, ...names, last);
    if (theirs && !ours) delete parent[last];
    else if (now !== undefined) parent[last] = now;
  }
  return body;
}
