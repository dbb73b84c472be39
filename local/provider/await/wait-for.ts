import { JSONPath } from "jsonpath-plus";
import { textAt, textOf, type Properties, type Value } from "../properties";
import { condition, type Check, type Progress } from "./ready";

function expressions(annotation: string): string[] {
  let values: unknown = annotation;
  try {
    values = JSON.parse(annotation);
  } catch {
    // A single expression is written as it is.
  }
  const list = Array.isArray(values) ? values.map(String) : [annotation];
  if (list.length === 0) throw new Error("pulumi.com/waitFor is an empty list; give at least one expression");
  return list;
}

function byCondition(text: string): Check {
  const [type = "", status = "True"] = text.split("=");
  return (live): Progress => {
    const found = condition(live, type);
    if (textAt(found, "status").toLowerCase() === status.toLowerCase()) return { state: "ready" };
    const now = found ? `${textAt(found, "status")} ${textAt(found, "message")}`.trim() : "not reported yet";
    return { state: "waiting", message: `waiting for condition ${type}=${status} (now: ${now})` };
  };
}

function byPath(text: string): Check {
  const match = /^\{?(.*?)\}?(?:=([^=\]})]*))?$/.exec(text);
  const expression = (match?.[1] ?? "").replace(/\}$/, "");
  const wanted = match?.[2]?.replace(/^["']|["']$/g, "");
  const path = expression.startsWith("$")
    ? expression
    : `$${expression.startsWith(".") ? "" : "."}${expression}`;
  if (!expression) throw new Error(`pulumi.com/waitFor: "jsonpath=${text}" has no path`);
  return (live): Progress => {
    const found: unknown = JSONPath({ path, json: live, wrap: true, eval: "safe" });
    const values = (Array.isArray(found) ? found : []).map((value) => textOf(value as Value));
    const holds =
      wanted === undefined ? values.length > 0 : values.length > 0 && values.every((v) => v === wanted);
    if (holds) return { state: "ready" };
    const aim = wanted === undefined ? `${expression} to exist` : `${expression} to be ${wanted}`;
    return { state: "waiting", message: `waiting for ${aim} (now: ${values.join(", ") || "nothing"})` };
  };
}

/**
 * The check that a `pulumi.com/waitFor` annotation asks for: `jsonpath=<path>[=<value>]`,
 * `condition=<type>[=<status>]`, or a JSON array of them, all of which must hold.
 *
 * @throws Error when an expression has another form
 */
export function waitFor(annotation: string): Check {
  const checks = expressions(annotation).map((text) => {
    if (text.startsWith("jsonpath=")) return byPath(text.slice("jsonpath=".length));
    if (text.startsWith("condition=")) return byCondition(text.slice("condition=".length));
    throw new Error(`pulumi.com/waitFor: expected a "jsonpath=" or "condition=" prefix, got "${text}"`);
  });
  return async (live: Properties, api) => {
    for (const check of checks) {
      const progress = await check(live, api);
      if (progress.state !== "ready") return progress;
    }
    return { state: "ready" };
  };
}
