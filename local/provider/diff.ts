import { isObject, isUnknown, same, type Properties, type Value } from "./properties";

export type Change = "add" | "delete" | "update";
export type Path = (string | number)[];

/** A path as the engine writes it: `spec.containers[0].image`, `metadata.annotations["a.b/c"]`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    if (/[."[\]]/.test(step)) return `${text}["${step.replaceAll('"', '\\"')}"]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

function walk(
  before: Value | undefined,
  after: Value | undefined,
  path: Path,
  found: (p: Path, c: Change) => void,
): void {
  if (before === undefined && after === undefined) return;
  if (before === undefined) found(path, "add");
  else if (after === undefined) found(path, "delete");
  else if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      walk(before[key], after[key], [...path, key], found);
    }
  } else if (Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index++) {
      walk(before[index], after[index], [...path, index], found);
    }
  } else if (isUnknown(after) || !same(before, after)) found(path, "update");
}

/** Every place where the inputs differ. A value that isn't known yet counts as changed. */
export function differences(before: Properties, after: Properties): { path: Path; change: Change }[] {
  const all: { path: Path; change: Change }[] = [];
  walk(before, after, [], (path, change) => all.push({ path, change }));
  return all;
}
