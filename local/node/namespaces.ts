import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../user-error";
import { enterCgroups } from "./cgroups";
import { identify, isAlive, type ProcessIdentity } from "./process-identity";

/** The namespaces of a node that runs. */
export interface Namespaces {
  /** All processes of the node end with this one. */
  readonly holder: ProcessIdentity;
  /** Name of their process namespace, `pid:[…]`. */
  readonly pids: string;
}

export interface NamespaceOptions {
  /** Name of the node's cgroup, which exists. */
  readonly cgroup: string;
  /**
   * Folder for the node's root. `upper` in it lies over the machine's root, and takes what the node writes;
   * it outlives the namespaces.
   */
  readonly state: string;
  /** File for the output of the command. */
  readonly log: string;
  /** Folders that the node may write to. */
  readonly shared: readonly string[];
  /** First process of the node, and its arguments. */
  readonly command: readonly string[];
  /** Called before anything runs that would outlive this process. */
  readonly made: (namespaces: Namespaces) => Promise<void>;
  /** Links the network namespace of a process. */
  readonly link: (pid: number) => Promise<void>;
}

/** The root folder of this package: the node runs its programs, too. */
const PACKAGE = resolve(__dirname, "../..");
const SCRIPT = join(__dirname, "namespace.sh");
/** Waits until its process is in the cgroup that the cgroup namespace begins with. */
const ENTER =
  'echo cgroup; read -r answer || exit 1; exec unshare --mount --cgroup --propagation private -- sh "$@"';
/** Ids of users and groups that exist inside. Mapped to themselves, so files keep their owners. */
const IDS = "0 0 65536\n";
/** Milliseconds between two looks for processes that are ending, and until one is stuck. */
const POLL = 20;
const PATIENCE = 60_000;

/**
 * Makes namespaces (user, mount, network, process, cgroup, IPC, host name) and starts a command in them. It
 * outlives this process; but as long as the promise is pending, the end of this process is its end.
 *
 * @throws UserError with what the system says when namespaces can't be made
 */
export async function startNamespaces(options: NamespaceOptions): Promise<void> {
  const { state, log, command } = options;
  const shared = [...options.shared, ...elsewhere([PACKAGE, dirname(process.execPath)])];
  const errors = openSync(log, "a", 0o600);
  const child = spawn(
    "sh",
    ["-c", ENTER, "sh", SCRIPT, options.cgroup, state, log, ...shared, "--", ...command],
    { detached: true, stdio: ["pipe", "pipe", errors], cwd: "/" },
  );
  closeSync(errors);
  const { pid } = child;
  const says = lines(child, log);
  await says("cgroup");
  if (pid !== undefined) {
    await enterCgroups(options.cgroup, pid);
  }
  child.stdin?.write("entered\n");
  await says("user");
  const holder = pid === undefined ? undefined : identify(pid);
  if (pid === undefined || holder === undefined) {
    throw new Error("the node's first process ended at once");
  }
  await writeFile(`/proc/${pid}/uid_map`, IDS);
  await writeFile(`/proc/${pid}/gid_map`, IDS);
  child.stdin?.write("mapped\n");
  await says("network");
  await options.link(pid);
  await options.made({ holder, pids: readlinkSync(`/proc/${pid}/ns/pid_for_children`) });
  child.stdin?.end("linked\n");
  child.stdout?.destroy();
  child.unref();
}

/**
 * Ends all processes of a node. With them go its mounts, its network and its links.
 *
 * @throws Error when the kernel does not end one of them
 */
export async function endNamespaces({ holder, pids }: Namespaces): Promise<void> {
  if (isAlive(holder)) {
    process.kill(holder.pid, "SIGKILL");
  }
  // The name of a namespace may come again after a restart of the machine, but then none of ours is left.
  const left = (): number[] => (holder.bootId === identify(process.pid)?.bootId ? processesIn(pids) : []);
  const deadline = Date.now() + PATIENCE;
  for (let processes = left(); processes.length > 0; processes = left()) {
    if (Date.now() > deadline) {
      throw new Error(`these processes of the node can't be ended: ${processes.join(", ")}`);
    }
    processes.forEach(killIfThere);
    await sleep(POLL);
  }
}

/** Whether any process of a node is left. */
export function namespacesLive({ holder }: Namespaces): boolean {
  return isAlive(holder);
}

function processesIn(pids: string): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => link(`/proc/${pid}/ns/pid`) === pids);
}

/** @returns undefined for a process that ended, or that is ending and has left its namespace */
function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) {
      return undefined;
    }
    throw error;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
}

/** Those of the folders that an overlay of / does not show, because they lie on another file system. */
function elsewhere(folders: readonly string[]): string[] {
  const root = statSync("/").dev;
  return folders.filter((folder) => statSync(folder).dev !== root);
}

/** Resolves when the child prints a line; rejects when it ends before. */
function lines(child: ChildProcess, log: string): (expected: string) => Promise<void> {
  if (!child.stdout) {
    throw new Error("the child has no output");
  }
  const iterator = createInterface(child.stdout)[Symbol.asyncIterator]();
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  failed.catch(() => undefined);
  return async (expected) => {
    const said = await Promise.race([iterator.next(), failed]);
    if (said.done || said.value !== expected) {
      const error = (await readFile(log, "utf8")).trimEnd().split("\n").slice(-5).join("\n");
      throw new UserError(
        `The namespaces of the node can't be made:\n${error}`,
        "If this is a container, run it with --privileged; else use target `existing` with a cluster from kind.",
      );
    }
  };
}
