import { readFile, statfs } from "node:fs/promises";
import { existsSync } from "node:fs";
import { UserError } from "../user-error";

/** What a machine must have for a node. Everything that can be told from outside, so that tests can. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly uid: number;
  /** Names in /proc/filesystems. */
  readonly filesystems: readonly string[];
  /** Namespaces in /proc/self/ns. */
  readonly namespaces: readonly string[];
  /** How many user namespaces the kernel allows. */
  readonly maxUserNamespaces: number;
  /** Whether the node's state would lie on overlayfs, as in a container. */
  readonly onOverlay: boolean;
  /** Free space for the node's state. */
  readonly freeMebibytes: number;
}

/** The images, their unpacked form, logs and etcd: what a node with a few tenants was seen to take, doubled. */
const NEEDED_MEBIBYTES = 1024;
/** `OVERLAYFS_SUPER_MAGIC` of linux/magic.h. */
const OVERLAYFS = 0x794c7630;
const NAMESPACES = ["user", "mnt", "net", "pid", "cgroup", "ipc", "uts"];
const INSTEAD = "or use target `existing` with a cluster from kind (see the README).";

/**
 * @param folder an existing folder on the disk that will hold the node's state
 */
export async function thisMachine(folder: string): Promise<Machine> {
  const { bavail, bsize, type } = await statfs(folder);
  const linux = process.platform === "linux";
  const filesystems = linux ? await readFile("/proc/filesystems", "utf8") : "";
  const max = "/proc/sys/user/max_user_namespaces";
  return {
    platform: process.platform,
    uid: process.getuid?.() ?? -1,
    filesystems: filesystems.split("\n").map((line) => line.split("\t")[1] ?? ""),
    namespaces: NAMESPACES.filter((name) => existsSync(`/proc/self/ns/${name}`)),
    maxUserNamespaces: existsSync(max) ? Number(await readFile(max, "utf8")) : 0,
    onOverlay: type === OVERLAYFS,
    freeMebibytes: Math.floor((bavail * bsize) / 2 ** 20),
  };
}

/**
 * Checks whether a node can run here.
 *
 * @throws UserError that names everything that is missing
 */
export function requireNodeSupport(machine: Machine): void {
  if (machine.platform !== "linux") {
    throw new UserError(
      "A node of target `local` runs on Linux only.",
      "Use target `existing` with a cluster from kind, which works here (see the README).",
    );
  }
  if (machine.uid !== 0) {
    throw new UserError(
      "A node of target `local` needs root, because it makes namespaces and a network link.",
      `Run the command with sudo, ${INSTEAD}`,
    );
  }
  const missing = [
    ...NAMESPACES.filter((name) => !machine.namespaces.includes(name)).map((name) => `${name} namespaces`),
    ...(machine.maxUserNamespaces > 0 ? [] : ["user namespaces (sysctl user.max_user_namespaces is 0)"]),
    ...(machine.filesystems.includes("overlay") ? [] : ["overlayfs (modprobe overlay)"]),
  ];
  if (missing.length > 0) {
    throw new UserError(
      `The kernel of this machine lacks: ${missing.join(", ")}.`,
      `Switch it on, ${INSTEAD}`,
    );
  }
  if (machine.onOverlay) {
    throw new UserError(
      "The folder of the node's state lies on overlayfs, as usual in a container, and containers can't be kept there.",
      "Set BULKHEAD_CACHE to a folder on a disk or a volume.",
    );
  }
  if (machine.freeMebibytes < NEEDED_MEBIBYTES) {
    throw new UserError(
      `The node needs ${NEEDED_MEBIBYTES} MiB of disk, and ${machine.freeMebibytes} MiB are free.`,
      "Free some space, or set BULKHEAD_CACHE to a folder on another disk.",
    );
  }
}
