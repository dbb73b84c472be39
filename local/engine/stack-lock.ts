import { readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/**
 * Removes the locks on a stack that were left by engines of this machine which no longer run, as when an
 * update was killed. The engine itself never does: it would refuse every further update.
 *
 * @param state folder of a file backend
 */
export async function removeDeadLocks(state: string, projectName: string, stack: string): Promise<void> {
  const folder = join(state, ".pulumi", "locks", "organization", projectName, stack);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((entry) => entry.endsWith(".json"))) {
    const file = join(folder, name);
    const lock = JSON.parse(await readFile(file, "utf8")) as { pid: number; hostname: string };
    if (lock.hostname === hostname() && !(await isEngine(lock.pid))) {
      await rm(file);
    }
  }
}

/** Whether a process runs and is an engine: after a restart, another program may have the same number. */
async function isEngine(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
  // Without /proc, as on macOS, any process counts.
  const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "pulumi");
  return name.trim() === "pulumi";
}
