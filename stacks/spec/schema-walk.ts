import type { z } from "zod";

type Schema = z.core.$ZodType;

/** What a wrapper (default, optional, preprocessing, transformation) wraps; undefined for anything else. */
export function innerSchema(schema: Schema): Schema | undefined {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case "default":
    case "prefault":
    case "optional":
      return def.innerType;
    case "pipe":
      // Preprocessing comes before the schema, a transformation after it.
      return (def.in as z.core.$ZodTypes)._zod.def.type === "transform" ? def.out : def.in;
    default:
      return undefined;
  }
}

/** The schema without its wrappers. */
export function unwrap(schema: Schema): Schema {
  const inner = innerSchema(schema);
  return inner === undefined ? schema : unwrap(inner);
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
