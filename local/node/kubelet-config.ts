import { stringify } from "yaml";
import { keyPair } from "./pki";
import { CONTAINERD_SOCKET } from "./containerd-config";
import { CLUSTER } from "./control-plane-components";
import { KUBELET, type NodeLayout } from "./layout";

/** Configuration of the kubelet (https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/). */
export function kubeletConfig({ taints }: Pick<NodeLayout, "taints">, pki: string): string {
  const own = keyPair(pki, KUBELET);
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: keyPair(pki, "ca").cert },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: own.cert,
    tlsPrivateKeyFile: own.key,
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    clusterDomain: CLUSTER.domain,
    clusterDNS: [CLUSTER.dnsService],
    // The node has no way out, so the machine's resolver is of no use to its pods.
    resolvConf: "",
    registerWithTaints: taints,
    // The kernel refuses some settings in a user namespace, such as a lower OOM score.
    featureGates: { KubeletInUserNamespace: true },
    // No systemd runs in the node. Pods are limited, by version 1 as well; all of them together are not.
    cgroupDriver: "cgroupfs",
    failCgroupV1: false,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    // The disk is shared with everything else on the machine; and images can't be fetched again.
    evictionHard: { "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%" },
    imageGCHighThresholdPercent: 100,
  });
}
