import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureDebianTools } from "../debian";
import { UserError } from "../user-error";
import { boot, systemName, type NodeOptions, type Report } from "./boot";
import { removeCgroups } from "./cgroups";
import { apiUrl } from "./control-plane-components";
import { controlPlaneLayout, layoutFile, logsDir, readLayout, writeLayout, type NodeLayout } from "./layout";
import { removeLink } from "./link";
import { exclusively } from "./lock";
import type { Namespaces } from "./namespaces";
import { nodeDir, nodeKubeconfig, nodesDir } from "./paths";
import { endRecorded, liveNamespaces, requireNamespaces } from "./record";
import { requireNodeSupport, thisMachine } from "./requirements";
import { readReport, type NodeReport } from "./status";

export type { NodeOptions, Report } from "./boot";

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
 * From built programs it takes about 15 seconds on 2 cores, and it holds about 650 MB of memory.
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
