import type { z } from "zod";

import { environments } from "./environment";
import { innerSchema, itemOf, settingsOf, unwrap } from "./schema-walk";

type Schema = z.core.$ZodType;

const INTRODUCTION = `# The stack file

\`Pulumi.<stack>.yaml\` describes one environment; every setting stands under \`config:\` with \`bulkhead:\` before its name. What is wrong is reported all at once, with its path, in the preview. Made from the schema by \`npm run docs\`.`;

/** The reference of the stack file, as Markdown: one table for each target. */
export function stackFileReference(): string {
  const tables = Object.entries(environments).map(([target, schema]) => {
    const rows = rowsOf(schema, "").map(
      ({ path, kind, text }) => `| \`${path}\` | ${kind} | ${text.replaceAll("|", "\\|")} |`,
    );
    return [
      `## Target \`${target}\``,
      "",
      "| setting | value | meaning |",
      "| --- | --- | --- |",
      ...rows,
    ].join("\n");
  });
  return `${[INTRODUCTION, ...tables].join("\n\n")}\n`;
}

interface Row {
  path: string;
  kind: string;
  text: string;
}

function rowsOf(schema: Schema, before: string): Row[] {
  return Object.entries(settingsOf(schema) ?? {}).flatMap(([name, setting]) => {
    const path = before === "" ? name : `${before}.${name}`;
    const item = itemOf(setting);
    const below = item === undefined ? rowsOf(setting, path) : rowsOf(item, `${path}[]`);
    return [{ path, kind: kindOf(setting), text: describe(setting) }, ...below];
  });
}

function kindOf(schema: Schema): string {
  const def = (unwrap(schema) as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case "array":
      return `list of ${settingsOf(def.element) === undefined ? kindOf(def.element) : "maps"}`;
    case "object":
    case "record":
      return "map";
    case "enum":
      return Object.values(def.entries)
        .map((value) => `\`${value}\``)
        .join(", ");
    case "boolean":
      return "`true`, `false`";
    case "number":
      return "whole number";
    default:
      return "text";
  }
}

// A description may stand on the setting or inside its wrappers (default, optional).
function describe(schema: Schema): string {
  const own = (schema as z.ZodType).description;
  const inner = innerSchema(schema);
  return own ?? (inner === undefined ? "" : describe(inner));
}
