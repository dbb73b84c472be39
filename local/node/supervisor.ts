import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { x } from "tinyexec";
import { CONTAINERD_SOCKET } from "./containerd-config";
import { runControlPlane } from "./control-plane-components";
import { imageArchive } from "./images";
import { configureNetwork, writeConfigs } from "./inside";
import { controlPlaneLayout, logsDir, readLayout, type NodeLayout } from "./layout";
import { containerd, kubelet, kubeProxy, kubeRouter } from "./node-components";
import { nodeImages } from "./node-images";
import { ADMIN_KUBECONFIG } from "./paths";
import { Processes } from "./processes";
import { writeReport } from "./status";

/**
 * The program that runs a node, inside its namespaces: starts everything in its order, then keeps it
 * running. When it ends, the node ends.
 */
async function supervise(dir: string): Promise<void> {
  const layout = await readLayout(dir);
  let step = "preparing";
  let ready = false;
  let failure: string | undefined;
  const report = (): void =>
    writeReport(dir, { step, ready, ...(failure && { failure }), components: processes.status() });
  const processes = new Processes(logsDir(dir), report);
  const enter = (next: string): void => {
    step = next;
    console.log(`${new Date().toISOString()} ${step}`);
    report();
  };
  try {
    await start(layout, processes, enter);
    ready = true;
    enter("running");
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
    report();
    throw error;
  }
}

async function start(layout: NodeLayout, processes: Processes, enter: (step: string) => void): Promise<void> {
  const { dir, nodeName } = layout;
  enter("preparing the network");
  await Promise.all([writeConfigs(layout), configureNetwork(layout)]);
  enter("starting etcd, the API server and containerd");
  await Promise.all([
    processes.start(containerd(layout)).then(() => importImages(layout)),
    runControlPlane(processes, controlPlaneLayout(layout)),
  ]);
  enter("starting the kubelet and the network");
  // Loaded only now: it takes as long as etcd does to start.
  const [{ Cluster }, objects] = await Promise.all([import("./cluster.js"), import("./cluster-objects.js")]);
  const cluster = new Cluster(join(dir, ADMIN_KUBECONFIG));
  await cluster.forgetReadiness(nodeName);
  await Promise.all([
    processes.start(kubelet(layout)),
    processes.start(kubeProxy(layout)),
    cluster.apply([...objects.routerObjects, ...objects.dnsObjects]),
  ]);
  enter("waiting for the node to register");
  await cluster.nodeRegistered(nodeName);
  await cluster.labelNode(nodeName, layout.labels);
  enter("waiting for the node, the network policies and the cluster's names");
  await Promise.all([
    processes.start(kubeRouter(layout)),
    cluster.nodeReady(nodeName),
    cluster.podsReady(objects.NAMESPACE, objects.DNS_SELECTOR),
  ]);
}

/** Containerd has them already after a restart of the node; then this takes a moment only. */
async function importImages({ dir, programs, debian }: NodeLayout): Promise<void> {
  const folder = join(dir, "images");
  await mkdir(folder, { recursive: true });
  for (const image of await nodeImages({ ...debian, coredns: programs.coredns })) {
    const file = join(folder, "image.tar");
    await writeFile(file, await imageArchive(image));
    const args = ["--address", CONTAINERD_SOCKET, "--namespace", "k8s.io", "images", "import", file];
    await x(programs.ctr, args, { nodePath: false, throwOnError: true });
  }
  await rm(folder, { recursive: true });
}

const [dir] = process.argv.slice(2);
if (dir === undefined) {
  throw new Error("usage: supervisor.ts FOLDER");
}
void supervise(dir).catch((error: unknown) => {
  console.error(error);
  // Its children would keep it running.
  process.exit(1);
});
