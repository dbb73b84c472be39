import { createHash, randomBytes } from "node:crypto";
import { annotation, metadataOf, nameOf } from "./objects";
import { isObject, type Properties } from "./properties";

/** What the engine says about names of its own making (its `pulumi:autonaming` setting). */
export interface Autonaming {
  mode: "propose" | "enforce" | "disable";
  proposedName: string;
}

const autonamed = "pulumi.com/autonamed";

/** `prefix` and eight hexadecimal digits, the same for the same seed. */
export function uniqueName(prefix: string, seed: Uint8Array): string {
  const bytes = seed.length > 0 ? createHash("sha256").update(seed).update(prefix).digest() : randomBytes(4);
  return prefix + bytes.toString("hex").slice(0, 8);
}

/** Whether this provider, not the program, chose the object's name. */
export function isAutonamed(object: Properties): boolean {
  return annotation(object, autonamed) === "true";
}

function setName(object: Properties, name: string): void {
  const metadata = metadataOf(object);
  metadata["name"] = name;
  const annotations = metadata["annotations"];
  metadata["annotations"] = { ...(isObject(annotations) ? annotations : {}), [autonamed]: "true" };
}

/** Keeps, in place, the name that an earlier run chose, when the program still leaves it to us. */
export function keepOldName(object: Properties, old: Properties): void {
  if (nameOf(object) === "" && isAutonamed(old)) setName(object, nameOf(old));
}

/**
 * Names, in place, an object that the program left unnamed: `<resource name>-<8 hexadecimal digits>`, or what
 * the engine proposes.
 *
 * @throws Error when the engine's setting forbids names of our making
 */
export function assignName(
  object: Properties,
  resourceName: string,
  seed: Uint8Array,
  rule: Autonaming | undefined,
): void {
  if (nameOf(object) !== "") return;
  if (rule?.mode === "disable") {
    throw new Error(
      "automatic naming is off (pulumi:autonaming) and .metadata.name is not set. Set .metadata.name.",
    );
  }
  setName(object, rule?.proposedName ? rule.proposedName : uniqueName(`${resourceName}-`, seed));
}
