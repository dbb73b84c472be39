import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { x } from "tinyexec";
import {
  cniConfig,
  CNI_CONFIG_DIR,
  containerdConfig,
  CONTAINERD_CONFIG,
  RUNSC_CONFIG,
  runscConfig,
} from "./containerd-config";
import { CLUSTER } from "./control-plane-components";
import { kubeletConfig } from "./kubelet-config";
import { controlPlaneLayout, type NodeLayout } from "./layout";
import { NODE_LINK } from "./link";

/** Writes, inside the node, what its programs read. */
export async function writeConfigs(layout: NodeLayout): Promise<void> {
  const { dir, debian } = layout;
  const files = {
    [CONTAINERD_CONFIG]: containerdConfig({ root: join(dir, "containerd"), cni: debian.cni }),
    [RUNSC_CONFIG]: runscConfig(),
    [join(CNI_CONFIG_DIR, "10-bulkhead.conflist")]: cniConfig(CLUSTER.pods),
    [join(dir, "kubelet.yaml")]: kubeletConfig(layout, controlPlaneLayout(layout).pki),
  };
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** Sets up the network inside the node. */
export async function configureNetwork({ network }: NodeLayout): Promise<void> {
  const { hostAddress, nodeAddress, prefix } = network;
  for (const args of [
    ["link", "set", "lo", "up"],
    ["address", "add", `${nodeAddress}/${prefix}`, "dev", NODE_LINK],
    ["link", "set", NODE_LINK, "up"],
    // The machine forwards nothing; but without a route the node's own programs can't reach Services.
    ["route", "add", "default", "via", hostAddress],
  ]) {
    await x("ip", args, { nodePath: false, throwOnError: true });
  }
  await writeFile("/proc/sys/net/ipv4/ip_forward", "1");
}
