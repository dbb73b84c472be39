import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildName } from "../builds";
import type { ControlPlaneLayout } from "./control-plane-components";
import { writePrivate } from "./kubeconfig";

/** Programs of ours that the node runs. */
export const NODE_PROGRAMS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "kube-router",
  "containerd",
  "containerd-shim-runc-v2",
  "ctr",
  "runsc",
  "containerd-shim-runsc-v1",
  "coredns",
] as const satisfies readonly BuildName[];

/** A taint as Kubernetes has it. */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** Everything that decides how a node runs. Written once when it is made, and read by what runs inside it. */
export interface NodeLayout {
  /** Name of the local node; its Kubernetes name is `nodeName`. */
  readonly name: string;
  readonly nodeName: string;
  /** Folder of its state. */
  readonly dir: string;
  readonly programs: Readonly<Record<(typeof NODE_PROGRAMS)[number], string>>;
  readonly debian: {
    /** Folder of what the machine lacks, laid out like its root. */
    readonly layer: string;
    readonly catatonit: string;
    readonly busybox: string;
    /** Folder of the CNI plugins. */
    readonly cni: string;
  };
  readonly network: NodeNetwork;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

/** The link between this machine and the node. */
export interface NodeNetwork {
  /** Name of this machine's end. */
  readonly link: string;
  /** IPv4 addresses of the two ends, and the bits of their common prefix. */
  readonly hostAddress: string;
  readonly nodeAddress: string;
  readonly prefix: number;
}

/** Name of the certificate that the kubelet serves and identifies itself with. */
export const KUBELET = "kubelet";
/** Components of the node that talk to the API server, and the users that they are. */
export const NODE_CLIENTS = ["kube-proxy", "kube-router"] as const;

const API_PORT = 6443;

export function layoutFile(dir: string): string {
  return join(dir, "node.json");
}

export async function readLayout(dir: string): Promise<NodeLayout> {
  return JSON.parse(await readFile(layoutFile(dir), "utf8")) as NodeLayout;
}

export async function writeLayout(layout: NodeLayout): Promise<void> {
  await writePrivate(layoutFile(layout.dir), JSON.stringify(layout, undefined, 2));
}

export function logsDir(dir: string): string {
  return join(dir, "logs");
}

/** The node's control plane. Ports are the usual ones: it has a network of its own. */
export function controlPlaneLayout({ dir, programs, network }: NodeLayout): ControlPlaneLayout {
  return {
    programs,
    data: join(dir, "etcd"),
    pki: join(dir, "pki"),
    kubeconfigs: dir,
    address: network.nodeAddress,
    ports: { api: API_PORT, etcd: 2379, etcdPeer: 2380 },
  };
}
