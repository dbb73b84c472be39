import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuilt } from "../builds";
import { cacheDir } from "../cache";
import { ensureDebianTools, type DebianTools } from "../debian";
import { makeCgroups } from "./cgroups";
import { writePrivate } from "./kubeconfig";
import {
  layoutFile,
  logsDir,
  NODE_PROGRAMS,
  readLayout,
  writeLayout,
  type NodeLayout,
  type NodeNetwork,
  type Taint,
} from "./layout";
import { chooseNetwork, makeLink } from "./link";
import { startNamespaces } from "./namespaces";
import { nodeDir, nodesDir } from "./paths";
import { endRecorded, namespacesFile } from "./record";
import { reportFile } from "./status";

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

/** Starts the namespaces and the program in them that starts everything else. */
export async function boot(options: NodeOptions, report: Report): Promise<void> {
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

/** Networks of all nodes of this user, also of those that are stopped. */
async function networks(): Promise<NodeNetwork[]> {
  const dirs = (await readdir(nodesDir())).map(nodeDir).filter((dir) => existsSync(layoutFile(dir)));
  return Promise.all(dirs.map(async (dir) => (await readLayout(dir)).network));
}

/**
 * Name of the node's link and cgroup. The kernel allows a link 15 characters, and nodes of two caches may have
 * the same name.
 */
export function systemName(dir: string): string {
  return `bulk${createHash("sha256").update(dir).digest("hex").slice(0, 8)}`;
}
