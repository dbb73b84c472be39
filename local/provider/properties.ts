import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** A value as JSON has it. In properties from the engine, secrets and unknowns are wrapped as the wire does. */
export type Value = null | boolean | number | string | Value[] | Properties;

/** An object of named values: a Kubernetes object, or a resource's properties. */
export interface Properties {
  [key: string]: Value;
}

// The engine's protocol marks special values by this key (sdk/go/common/resource/properties.go).
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknowns = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // string, and what we send
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

// Fields of CustomResourceDefinitions that no SDK can spell with a dash.
const dashed = new Map(
  [
    "embedded_resource",
    "int_or_string",
    "list_map_keys",
    "list_type",
    "map_type",
    "preserve_unknown_fields",
    "validations",
  ].map((name) => [`x_kubernetes_${name}`, `x-kubernetes-${name.replaceAll("_", "-")}`]),
);
const underscored = new Map([...dashed].map(([sdk, api]) => [api, sdk]));

/** Whether the value is an object with named fields (not null, not a list). */
export function isObject(value: Value | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether the value is unknown yet: the output of a resource that this preview would create. */
export function isUnknown(value: Value | undefined): boolean {
  return typeof value === "string" && unknowns.has(value);
}

function isSecret(value: Value | undefined): value is Properties {
  return isObject(value) && value[signature] === secretSignature;
}

/** The value marked as a secret for the engine. */
export function secret(value: Value): Value {
  return isSecret(value) ? value : { [signature]: secretSignature, value };
}

function mapObject(object: Properties, names: Map<string, string>, change: (v: Value) => Value): Properties {
  const result: Properties = {};
  for (const [key, value] of Object.entries(object)) {
    if (value !== null && value !== undefined) result[names.get(key) ?? key] = change(value);
  }
  return result;
}

function plainValue(value: Value): Value {
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isObject(value)) return value;
  if (isSecret(value)) return plainValue(value["value"] ?? null);
  return mapObject(value, dashed, plainValue);
}

/** Properties as the API server takes them: no secret marks, no nulls, fields spelled as in the API. */
export function plain(properties: Properties): Properties {
  return plainValue(properties) as Properties;
}

/** An API object's fields spelled as the SDK does. */
export function forSdk(object: Properties): Properties {
  const change = (value: Value): Value =>
    Array.isArray(value)
      ? value.map(change)
      : isObject(value)
        ? mapObject(value, underscored, change)
        : value;
  return change(object) as Properties;
}

/** Whether anything in the value is unknown yet. */
export function hasUnknown(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) ? Object.values(value).some(hasUnknown) : isUnknown(value);
}

function hasSecret(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.some(hasSecret);
  return isSecret(value) || (isObject(value) && Object.values(value).some(hasSecret));
}

/** `value` with everything marked secret that is secret at the same place in `model`. */
export function markSecrets(value: Value, model: Value | undefined): Value {
  if (isSecret(model)) return secret(value);
  if (Array.isArray(value) && Array.isArray(model)) {
    // Which element came from which isn't certain once the server has added or dropped some.
    if (value.length !== model.length) return hasSecret(model) ? secret(value) : value;
    return value.map((item, index) => markSecrets(item, model[index]));
  }
  if (isObject(value) && !isSecret(value) && isObject(model)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, markSecrets(item as Value, model[key])]),
    );
  }
  return value;
}

/** What the engine sent, with marks; an absent message is an empty object. */
export function fromStruct(struct: Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}

/** What to send to the engine. */
export function toStruct(properties: Properties): Struct {
  // The declared parameter type is a map of anything; a structural copy satisfies it.
  return Struct.fromJavaScript({ ...properties });
}

/** Whether both values are deeply the same. */
export function same(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}

/** The value at a path of names and indexes, or undefined when there is none. */
export function at(value: Value | undefined, ...path: (string | number)[]): Value | undefined {
  let here = value;
  for (const step of path) {
    if (Array.isArray(here) && typeof step === "number") here = here[step];
    else if (isObject(here) && typeof step === "string") here = here[step];
    else return undefined;
  }
  return here;
}

/** The string at a path, or "" when there is none. */
export function textAt(value: Value | undefined, ...path: (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The value in a message: text as it is, everything else as JSON. */
export function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** The number at a path, or 0 when there is none (the API leaves zeros out). */
export function numberAt(value: Value | undefined, ...path: (string | number)[]): number {
  const found = at(value, ...path);
  return typeof found === "number" ? found : 0;
}

/** The objects in the list at a path. */
export function objectsAt(value: Value | undefined, ...path: (string | number)[]): Properties[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isObject) : [];
}
