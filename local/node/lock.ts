import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lock } from "proper-lockfile";
import { UserError } from "../user-error";
import { nodesDir } from "./paths";
import { identify, isAlive, type ProcessIdentity } from "./process-identity";

interface Holder extends ProcessIdentity {
  readonly what: string;
}

/**
 * Runs something that no other process may do to the same node at the same time.
 *
 * @param what what it does, for the message that another process then shows
 * @throws UserError when another process holds the lock, saying which
 */
export async function exclusively<T>(name: string, what: string, action: () => Promise<T>): Promise<T> {
  const folder = nodesDir();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `.${name}.holder`);
  const release = await acquire(name, file);
  try {
    await writeFile(file, JSON.stringify({ ...identify(process.pid), what }));
    return await action();
  } finally {
    await rm(file, { force: true });
    await release();
  }
}

async function acquire(name: string, file: string): Promise<() => Promise<void>> {
  const lockfilePath = join(nodesDir(), `.${name}.lock`);
  const take = (): Promise<() => Promise<void>> => lock(file, { realpath: false, lockfilePath });
  try {
    return await take();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ELOCKED") {
      throw error;
    }
  }
  const holder = await readHolder(file);
  if (holder && !isAlive(holder)) {
    // Killed. The lock would expire by itself, but only after some seconds.
    await rm(lockfilePath, { recursive: true, force: true });
    return take();
  }
  const who = holder ? `Process ${holder.pid} is ${holder.what}` : "Another process is at work on";
  throw new UserError(
    `${who} the local node "${name}".`,
    "Wait until it is done, then run the command again.",
  );
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Holder;
  } catch {
    // Not there, or half-written: whoever holds the lock took it just now, or was killed just then.
    return undefined;
  }
}
