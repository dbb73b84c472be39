import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";

import type { Problem } from "../../components/plan/problem";
import { knownSettings } from "./schema-walk";

type Issue = z.core.$ZodIssue;

/** Turns what the schema found wrong into problems in the words of the stack file. */
export function problemsOf(
  error: z.ZodError,
  schema: z.core.$ZodType,
  given: unknown,
  file: { project: string; secrets: ReadonlySet<string> },
): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = pathOf(file.project, issue.path);
    if (issue.code === "unrecognized_keys") {
      const known = knownSettings(schema, issue.path);
      return issue.keys.map((name) => ({
        path: pathOf(file.project, [...issue.path, name]),
        message: `is not a known setting. Allowed: ${known.join(", ")}.${didYouMean(name, known)}`,
      }));
    }
    const value = valueAt(given, issue.path);
    const secret = value !== undefined && file.secrets.has(String(issue.path[0]));
    return [{ path, message: describe(issue, secret ? "a secret value" : show(value)) }];
  });
}

/** The name among `allowed` that was probably meant; undefined if none is near. */
function suggest(given: string, allowed: readonly string[]): string | undefined {
  if (allowed.length === 0) {
    return undefined;
  }
  const nearest = closest(given.toLowerCase(), [...allowed]);
  return distance(given.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, nearest.length / 3)
    ? nearest
    : undefined;
}

/** ` Did you mean "x"?`, or nothing. */
function didYouMean(given: string, allowed: readonly string[]): string {
  const meant = suggest(given, allowed);
  return meant === undefined ? "" : ` Did you mean "${meant}"?`;
}

function describe(issue: Issue, value: string): string {
  const what = value === "undefined" ? "is missing" : `is ${value}`;
  switch (issue.code) {
    case "invalid_value": {
      const allowed = issue.values.map(String);
      return `${what}. Allowed: ${allowed.join(", ")}.${didYouMean(unquote(value), allowed)}`;
    }
    case "invalid_type":
      return `${what}, but must be ${kindOf(issue.expected)}.`;
    default:
      return `${what}, but ${inner(issue)}.`;
  }
}

// A map's key that breaks its rule carries the reason one level down.
function inner(issue: Issue): string {
  return issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

function kindOf(expected: string): string {
  const kinds: Record<string, string> = {
    array: "a list",
    object: "a map",
    record: "a map",
    string: "a text",
    boolean: "true or false",
    int: "a whole number",
    number: "a number",
  };
  return kinds[expected] ?? expected;
}

function pathOf(project: string, [setting, ...path]: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (before, step) => (typeof step === "number" ? `${before}[${step}]` : `${before}.${String(step)}`),
    `${project}:${String(setting)}`,
  );
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined,
    value,
  );
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function unquote(value: string): string {
  return value.replace(/^"(.*)"$/, "$1");
}
