import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../user-error";
import { logsDir } from "./layout";
import { endNamespaces, namespacesLive, type Namespaces } from "./namespaces";

/** File that says what to end. */
export function namespacesFile(dir: string): string {
  return join(dir, "namespaces.json");
}

/** @returns undefined for a node that was never started */
async function recordedNamespaces(dir: string): Promise<Namespaces | undefined> {
  const file = namespacesFile(dir);
  return existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as Namespaces) : undefined;
}

/** Ends what is left of a node, also when only some of it is. */
export async function endRecorded(dir: string): Promise<void> {
  const recorded = await recordedNamespaces(dir);
  if (recorded) {
    await endNamespaces(recorded);
  }
}

/** The namespaces of a node that runs. */
export async function liveNamespaces(dir: string): Promise<Namespaces | undefined> {
  const recorded = await recordedNamespaces(dir);
  return recorded && namespacesLive(recorded) ? recorded : undefined;
}

/** @throws UserError when the node does not run */
export async function requireNamespaces(dir: string): Promise<Namespaces> {
  const live = await liveNamespaces(dir);
  if (!live) {
    throw new UserError("The node ended just now.", `Its logs are in ${logsDir(dir)}.`);
  }
  return live;
}
