import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureBuilt } from "../builds";
import { cacheDir } from "../cache";
import { ensureDebianTools, type DebianTools } from "../debian";
import { UserError } from "../user-error";
import { makeCgroups, removeCgroups } from "./cgroups";
import { apiUrl } from "./control-plane-components";
import { writePrivate } from "./kubeconfig";
import {
  controlPlaneLayout,
  layoutFile,
  logsDir,
  NODE_PROGRAMS,
  readLayout,
  writeLayout,
  type NodeLayout,
  type NodeNetwork,
  type Taint,
} from "./layout";
import { chooseNetwork, makeLink, removeLink } from "./link";
import { exclusively } from "./lock";
import { endNamespaces, namespacesLive, startNamespaces, type Namespaces } from "./namespaces";
import { nodeDir, nodeKubeconfig, nodesDir } from "./paths";
import { requireNodeSupport, thisMachine } from "./requirements";
import { readReport, reportFile, type NodeReport } from "./status";

/** Receives one line of progress per step. */
export type Report = (line: string) => void;

export interface NodeOptions {
  /** Name of the node: nodes of different names run side by side. Lower-case letters, digits and dashes. */
  readonly name: string;
  /** Labels of the Kubernetes node. They can change with every start. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Taints that the Kubernetes node registers with, when it is made. */
  readonly taints?: readonly Taint[];
}

/** A node that is up. */
export interface RunningNode {
  /** File with full rights on the cluster, mode 0600. The path and its content stay the same until `stopNode`. */
  readonly kubeconfig: string;
  /** Address of the API server. */
  readonly url: string;
  /** Name of the Kubernetes node. */
  readonly nodeName: string;
  /** Folder of the logs, one file per program. */
  readonly logs: string;
  /** Id of the process that holds the node's namespaces, for `nsenter`. */
  readonly pid: number;
}

/** How a node fares. */
export type NodeStatus =
  | { readonly state: "absent" }
  | { readonly state: "stopped"; readonly kubeconfig: string }
  | { readonly state: "starting" | "running"; readonly node: RunningNode; readonly report?: NodeReport };

const POLL = 50;

/**
 * Brings up this machine as a Kubernetes node, in namespaces of its own, and resolves once it takes pods,
 * enforces network policies and resolves names. A node that is up already costs a moment; one that died, or
 * whose start was cut off, comes back with its data and certificates.
 *
 * From built programs it takes about 20 seconds, and 1 GB of memory.
 *
 * @throws UserError when this machine can't run it, another process is at work on it, or a part fails
 */
export async function startNode(options: NodeOptions, report: Report): Promise<RunningNode> {
  const { name, labels = {} } = options;
  await mkdir(nodesDir(), { recursive: true, mode: 0o700 });
  requireNodeSupport(await thisMachine(nodesDir()));
  return exclusively(name, "starting", async () => {
    const dir = nodeDir(name);
    const live = await liveNamespaces(dir);
    if (!live) {
      await boot(options, report);
    }
    const layout = await untilReady(dir, report);
    if (JSON.stringify(layout.labels) !== JSON.stringify(labels)) {
      const { Cluster } = await import("./cluster.js");
      await new Cluster(nodeKubeconfig(name)).labelNode(layout.nodeName, labels);
      await writeLayout({ ...layout, labels });
    }
    return running(layout, await requireNamespaces(dir));
  });
}

/**
 * Ends a node and removes all that it left: processes, mounts, its network link, its files. A node that
 * does not exist is fine.
 */
export async function stopNode(name: string, report: Report): Promise<void> {
  const dir = nodeDir(name);
  if (!existsSync(dir)) {
    return;
  }
  requireNodeSupport(await thisMachine(dir));
  await exclusively(name, "stopping", async () => {
    report("ending its processes");
    await endRecorded(dir);
    await removeCgroups(systemName(dir));
    const tools = await ensureDebianTools(report);
    await removeLink(tools.tool("ip"), systemName(dir));
    report("removing its files");
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });
}

/** What a node does at the moment. Needs no rights beyond reading the files. */
export async function nodeStatus(name: string): Promise<NodeStatus> {
  const dir = nodeDir(name);
  if (!existsSync(layoutFile(dir))) {
    return { state: "absent" };
  }
  const live = await liveNamespaces(dir);
  if (!live) {
    return { state: "stopped", kubeconfig: nodeKubeconfig(name) };
  }
  const report = readReport(dir);
  const node = running(await readLayout(dir), live);
  return { state: report?.ready ? "running" : "starting", node, ...(report && { report }) };
}

/** Starts the namespaces and the program in them that starts everything else. */
async function boot(options: NodeOptions, report: Report): Promise<void> {
  await endRecorded(nodeDir(options.name));
  const tools = await ensureDebianTools(report);
  const layout = await makeLayout(options, tools, report);
  const { dir } = layout;
  report("preparing certificates");
  // Only now, because a node that is up does without, and it takes as long to load as that command takes.
  const { prepareAccess } = await import("./access.js");
  await prepareAccess(layout);
  await mkdir(logsDir(dir), { recursive: true });
  await rm(reportFile(dir), { force: true });
  const root = join(dir, "root");
  // Copied, because overlayfs takes no lower folder that lies in another one.
  await cp(layout.debian.layer, join(root, "upper"), { recursive: true, verbatimSymlinks: true });
  report("making namespaces");
  await makeCgroups(systemName(dir));
  await startNamespaces({
    cgroup: systemName(dir),
    state: root,
    log: join(logsDir(dir), "node.log"),
    shared: [cacheDir()],
    command: [
      layout.debian.catatonit,
      "--",
      process.execPath,
      "--import",
      pathToFileURL(require.resolve("tsx")).href,
      join(__dirname, "supervisor.ts"),
      dir,
    ],
    link: (pid) => makeLink(tools.tool("ip"), layout.network, pid),
    made: (namespaces) => writePrivate(namespacesFile(dir), JSON.stringify(namespaces)),
  });
}

/** A node keeps its network, because its certificate and its kubeconfig name it. */
async function makeLayout(options: NodeOptions, tools: DebianTools, report: Report): Promise<NodeLayout> {
  const { name, labels = {}, taints = [] } = options;
  const dir = nodeDir(name);
  const programs = await ensureBuilt(NODE_PROGRAMS, report);
  const earlier = existsSync(layoutFile(dir)) ? await readLayout(dir) : undefined;
  const inside = (path: string): string =>
    path.startsWith(tools.layer) ? path.slice(tools.layer.length) : path;
  const layout: NodeLayout = {
    name,
    nodeName: `bulkhead-${name}`,
    dir,
    programs,
    debian: {
      layer: tools.layer,
      catatonit: inside(tools.tool("catatonit").path),
      busybox: inside(tools.tool("busybox").path),
      cni: dirname(inside(tools.tool("ptp").path)),
    },
    network: earlier?.network ?? (await chooseNetwork(tools.tool("ip"), systemName(dir), await networks())),
    labels,
    taints,
  };
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeLayout(layout);
  return layout;
}

async function networks(): Promise<NodeNetwork[]> {
  const dirs = (await readdir(nodesDir())).map(nodeDir).filter((dir) => existsSync(layoutFile(dir)));
  return Promise.all(dirs.map(async (dir) => (await readLayout(dir)).network));
}

/** Waits for the node, and passes its steps on. */
async function untilReady(dir: string, report: Report): Promise<NodeLayout> {
  let step = "";
  for (;;) {
    const now = readReport(dir);
    if (now && now.step !== step) {
      step = now.step;
      report(step);
    }
    if (now?.ready) {
      return readLayout(dir);
    }
    if (now?.failure !== undefined || !(await liveNamespaces(dir))) {
      throw new UserError(
        `The node did not come up while ${step || "starting"}: ${now?.failure ?? "it ended"}`,
        `Its logs are in ${logsDir(dir)}. Run the command again to go on, or \`npm run down\` to start afresh.`,
      );
    }
    await sleep(POLL);
  }
}

function running(layout: NodeLayout, { holder }: Namespaces): RunningNode {
  const { name, nodeName, dir } = layout;
  const url = apiUrl(controlPlaneLayout(layout));
  return { kubeconfig: nodeKubeconfig(name), url, nodeName, logs: logsDir(dir), pid: holder.pid };
}

function namespacesFile(dir: string): string {
  return join(dir, "namespaces.json");
}

async function recordedNamespaces(dir: string): Promise<Namespaces | undefined> {
  const file = namespacesFile(dir);
  return existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as Namespaces) : undefined;
}

/** Ends what is left of a node, also when only some of it is. */
async function endRecorded(dir: string): Promise<void> {
  const recorded = await recordedNamespaces(dir);
  if (recorded) {
    await endNamespaces(recorded);
  }
}

async function liveNamespaces(dir: string): Promise<Namespaces | undefined> {
  const recorded = await recordedNamespaces(dir);
  return recorded && namespacesLive(recorded) ? recorded : undefined;
}

async function requireNamespaces(dir: string): Promise<Namespaces> {
  const live = await liveNamespaces(dir);
  if (!live) {
    throw new UserError("The node ended just now.", `Its logs are in ${logsDir(dir)}.`);
  }
  return live;
}

/** Name of the node's link and cgroup. The kernel allows a link 15 characters, and nodes of two caches may have the same name. */
function systemName(dir: string): string {
  return `bulk${createHash("sha256").update(dir).digest("hex").slice(0, 8)}`;
}
