import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lock } from "proper-lockfile";
import { UserError } from "../user-error";
import { nodesDir } from "./paths";
import { identify, isAlive, type ProcessIdentity } from "./process-identity";

interface Holder extends ProcessIdentity {
  readonly what: string;
}

/** How often, and after how many milliseconds, to look who holds a lock. */
const ATTEMPTS = 20;
const PAUSE = 50;

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
  for (let attempt = 1; ; attempt++) {
    try {
      return await lock(file, { realpath: false, lockfilePath });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") {
        throw error;
      }
    }
    const holder = await readHolder(file);
    if (holder && !isAlive(holder)) {
      // Killed. The lock would expire by itself, but only after some seconds. First the file, so that nobody
      // takes the next holder for this one.
      await rm(file, { force: true });
      await rm(lockfilePath, { recursive: true, force: true });
    } else if (holder || attempt === ATTEMPTS) {
      const who = holder ? `Process ${holder.pid} is ${holder.what}` : "Another process is at work on";
      throw new UserError(
        `${who} the local node "${name}".`,
        "Wait until it is done, then run the command again.",
      );
    } else {
      // Whoever has the lock is about to say so.
      await sleep(PAUSE);
    }
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Holder;
  } catch {
    // Not there, or half-written.
    return undefined;
  }
}
