import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";

import { parse } from "yaml";
import { z } from "zod";

/** What Bulkhead needs to know of a kubeconfig. */
const kubeconfig = z.looseObject({
  "current-context": z.string().optional(),
  contexts: z.array(z.looseObject({ name: z.string(), context: z.looseObject({ cluster: z.string() }) })),
  clusters: z.array(z.looseObject({ name: z.string(), cluster: z.looseObject({ server: z.string() }) })),
});

/** A kubeconfig that was looked at: the address of its API server, or why it can't be used. */
export type Inspected = { server: string; problem?: undefined } | { problem: string };

/** True for the content of a kubeconfig, false for the path of one: a content has several lines or is JSON. */
export function isContent(given: string): boolean {
  return given.includes("\n") || given.trimStart().startsWith("{");
}

/** The path of a kubeconfig with `~` replaced by the home directory. */
export function expandHome(given: string): string {
  return given === "~" || given.startsWith("~/") ? path.join(homedir(), given.slice(1)) : given;
}

/**
 * Looks at a kubeconfig before anything is built on it. Messages never quote the content, which holds secrets.
 * @param given the path of the file, or its content
 * @param context name of the context to use; default: the current one
 */
export function inspectKubeconfig(given: string, context?: string): Inspected {
  let text = given;
  if (!isContent(given)) {
    try {
      text = readFileSync(expandHome(given), "utf8");
    } catch (error) {
      const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
      return {
        problem: `is ${JSON.stringify(given)}, which cannot be read (${reason}). Write the path of a kubeconfig, or its content as a secret.`,
      };
    }
  }
  const parsed = kubeconfig.safeParse(parseYaml(text));
  if (!parsed.success) {
    return { problem: "is not a kubeconfig: it must be YAML or JSON with contexts and clusters." };
  }
  const known = parsed.data.contexts.map((entry) => entry.name);
  const wanted = context ?? parsed.data["current-context"];
  const cluster = parsed.data.contexts.find((entry) => entry.name === wanted)?.context.cluster;
  if (wanted === undefined || cluster === undefined) {
    const missing = wanted === undefined ? "no current context" : `no context "${wanted}"`;
    return {
      problem: `has ${missing}. Write bulkhead:cluster.context as one of those it has: ${known.join(", ")}.`,
    };
  }
  const server = parsed.data.clusters.find((entry) => entry.name === cluster)?.cluster.server;
  return server === undefined
    ? { problem: `has no cluster "${cluster}", which its context "${wanted}" names.` }
    : { server };
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
