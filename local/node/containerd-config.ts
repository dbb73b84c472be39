import { stringify } from "smol-toml";
import { PAUSE_IMAGE } from "./node-images";

/** Socket of containerd, inside the node. */
export const CONTAINERD_SOCKET = "/run/containerd/containerd.sock";
/** Containerd's own default, which installers of runtimes expect. */
export const CONTAINERD_CONFIG = "/etc/containerd/config.toml";
export const RUNSC_CONFIG = "/etc/containerd/runsc.toml";
export const CNI_CONFIG_DIR = "/etc/cni/net.d";
/** Handler of gVisor: what a RuntimeClass of this node names. */
export const GVISOR_HANDLER = "runsc";

/**
 * Configuration of containerd (https://github.com/containerd/containerd/blob/main/docs/cri/config.md).
 *
 * @param root folder of its data, on a file system that overlayfs can write to
 * @param cni folder of the CNI plugins
 */
export function containerdConfig({ root, cni }: { root: string; cni: string }): string {
  return stringify({
    version: 3,
    root,
    state: "/run/containerd",
    // Where installers of further runtimes put their part.
    imports: ["/etc/containerd/conf.d/*.toml"],
    grpc: { address: CONTAINERD_SOCKET },
    plugins: {
      "io.containerd.cri.v1.images": {
        snapshotter: "overlayfs",
        pinned_images: { sandbox: PAUSE_IMAGE },
      },
      "io.containerd.cri.v1.runtime": {
        // In a user namespace the kernel refuses lower scores and AppArmor profiles.
        restrict_oom_score_adj: true,
        disable_apparmor: true,
        tolerate_missing_hugetlb_controller: true,
        cni: { bin_dirs: [cni], conf_dir: CNI_CONFIG_DIR },
        containerd: {
          default_runtime_name: "runc",
          runtimes: {
            runc: { runtime_type: "io.containerd.runc.v2" },
            [GVISOR_HANDLER]: {
              runtime_type: "io.containerd.runsc.v1",
              options: { TypeUrl: "io.containerd.runsc.v1.options", ConfigPath: RUNSC_CONFIG },
            },
          },
        },
      },
    },
  });
}

/**
 * Configuration of gVisor. The systrap platform needs no virtualization
 * (https://gvisor.dev/docs/user_guide/containerd/configuration/).
 */
export function runscConfig(): string {
  return stringify({ runsc_config: { platform: "systrap" } });
}

/**
 * Configuration of the pod network: every pod has a link and an address of its own.
 *
 * @param pods range of addresses
 */
export function cniConfig(pods: string): string {
  return JSON.stringify({
    // The newest that Debian 12's plugins know.
    cniVersion: "1.0.0",
    name: "bulkhead",
    plugins: [
      {
        type: "ptp",
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: pods }]],
          routes: [{ dst: "0.0.0.0/0" }],
          // Which addresses are in use must not outlive the pods that use them.
          dataDir: "/run/cni",
        },
      },
    ],
  });
}
