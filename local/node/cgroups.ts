import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../user-error";

/** A tree of cgroups: one per controller with version 1, one for all with version 2 (cgroups(7)). */
interface Hierarchy {
  readonly mountPoint: string;
  readonly version: 1 | 2;
}

/** How often, and after how many milliseconds, to try again to remove a cgroup. */
const ATTEMPTS = 100;
const PAUSE = 50;
/** Files that a new cpuset cgroup (version 1) leaves empty, and without which no process may enter. */
const CPUSET = ["cpuset.cpus", "cpuset.mems"];

/**
 * Makes an empty cgroup in every hierarchy. What a node limits, it limits below this one.
 *
 * @param name of the cgroup, at the top of each hierarchy
 * @throws UserError when cgroups can't be made here
 */
export async function makeCgroups(name: string): Promise<void> {
  // Those of a node that died keep a setting with which no process may enter again.
  await removeCgroups(name);
  for (const { mountPoint, version } of hierarchies()) {
    const cgroup = join(mountPoint, name);
    try {
      await mkdir(cgroup, { recursive: true });
    } catch (error) {
      throw new UserError(
        `No cgroup can be made in ${mountPoint}: ${(error as Error).message}.`,
        "If this is a container, run it with --privileged.",
        error,
      );
    }
    if (version === 2) {
      await enableControllers(mountPoint);
    }
    for (const file of CPUSET.filter((file) => existsSync(join(mountPoint, file)) && version === 1)) {
      await writeFile(join(cgroup, file), await readFile(join(mountPoint, file)));
    }
  }
}

/** Moves a process into its cgroups. */
export async function enterCgroups(name: string, pid: number): Promise<void> {
  for (const { mountPoint } of hierarchies()) {
    await writeFile(join(mountPoint, name, "cgroup.procs"), String(pid));
  }
}

/** Removes cgroups that hold no process any more, and all below them. */
export async function removeCgroups(name: string): Promise<void> {
  for (const { mountPoint } of hierarchies()) {
    const cgroup = join(mountPoint, name);
    if (existsSync(cgroup)) {
      await removeTree(cgroup);
    }
  }
}

async function removeTree(cgroup: string): Promise<void> {
  const entries = await readdir(cgroup, { withFileTypes: true });
  for (const entry of entries.filter((entry) => entry.isDirectory())) {
    await removeTree(join(cgroup, entry.name));
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await rmdir(cgroup);
    } catch (error) {
      // The kernel counts a process for a moment after it has ended.
      if ((error as NodeJS.ErrnoException).code !== "EBUSY" || attempt === ATTEMPTS) {
        throw error;
      }
      await sleep(PAUSE);
    }
  }
}

/** Lets the cgroups below use what this one has. A controller that can't be had limits nothing. */
async function enableControllers(cgroup: string): Promise<void> {
  const [has, enabled] = await Promise.all(
    ["cgroup.controllers", "cgroup.subtree_control"].map(async (file) =>
      (await readFile(join(cgroup, file), "utf8")).trim().split(/\s+/),
    ),
  );
  for (const controller of (has ?? []).filter((name) => name !== "" && !enabled?.includes(name))) {
    await writeFile(join(cgroup, "cgroup.subtree_control"), `+${controller}`).catch(() => undefined);
  }
}

function hierarchies(): Hierarchy[] {
  return parseHierarchies(readFileSync("/proc/self/mounts", "utf8"));
}

/**
 * @param mounts content of /proc/self/mounts (fstab(5))
 */
export function parseHierarchies(mounts: string): Hierarchy[] {
  return mounts.split("\n").flatMap((line): Hierarchy[] => {
    const [, mountPoint = "", type] = line.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") {
      return [];
    }
    return [{ mountPoint, version: type === "cgroup" ? 1 : 2 }];
  });
}
