import type { z } from "zod";

type Schema = z.core.$ZodType;

/** The schema without its wrappers: defaults, optionality, preprocessing. */
export function unwrap(schema: Schema): Schema {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case "default":
    case "prefault":
    case "optional":
      return unwrap(def.innerType);
    case "pipe":
      return unwrap(def.out);
    default:
      return schema;
  }
}

/** The settings of a map in the schema, by name; undefined for anything else. */
export function settingsOf(schema: Schema): Readonly<Record<string, Schema>> | undefined {
  const def = (unwrap(schema) as z.core.$ZodTypes)._zod.def;
  return def.type === "object" ? def.shape : undefined;
}

/** The schema of a list's items; undefined for anything else. */
export function itemOf(schema: Schema): Schema | undefined {
  const def = (unwrap(schema) as z.core.$ZodTypes)._zod.def;
  return def.type === "array" ? def.element : undefined;
}

/** Names of the settings that are known at a path below a schema. */
export function knownSettings(schema: Schema, path: readonly PropertyKey[]): string[] {
  const at = path.reduce<Schema | undefined>(
    (current, step) =>
      current && (typeof step === "number" ? itemOf(current) : settingsOf(current)?.[String(step)]),
    schema,
  );
  return Object.keys((at && settingsOf(at)) ?? {});
}
