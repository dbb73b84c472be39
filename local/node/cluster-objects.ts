import type { KubernetesObject } from "@kubernetes/client-node";
import { CLUSTER } from "./control-plane-components";
import { DNS_IMAGE } from "./node-images";

/** Namespace of the cluster's own pods. */
export const NAMESPACE = "kube-system";
const DNS = "coredns";
/** Label by which network policies everywhere select the cluster's name server. */
const DNS_LABELS = { "k8s-app": "kube-dns" };
/** Selects the pods of the cluster's name server. */
export const DNS_SELECTOR = "k8s-app=kube-dns";
/** No user of the image: any that is not root. */
const DNS_USER = 65532;

type Manifest = KubernetesObject & Record<string, unknown>;

/** What the router reads to enforce network policies. */
export const routerObjects: Manifest[] = [
  ...clusterRole("bulkhead:kube-router", { kind: "User", name: "system:kube-router" }, [
    { apiGroups: [""], resources: ["namespaces", "pods", "services", "nodes", "endpoints"] },
    { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"] },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"] },
  ]),
];

/**
 * The cluster's name server: what kubeadm installs, without a way to names outside of the cluster, which
 * the node can't reach; it says at once that they don't exist.
 */
export const dnsObjects: Manifest[] = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: DNS, namespace: NAMESPACE } },
  ...clusterRole(`bulkhead:${DNS}`, { kind: "ServiceAccount", name: DNS, namespace: NAMESPACE }, [
    { apiGroups: [""], resources: ["services", "pods", "namespaces"] },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"] },
  ]),
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: DNS, namespace: NAMESPACE },
    data: { Corefile: corefile() },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kube-dns", namespace: NAMESPACE, labels: DNS_LABELS },
    spec: {
      clusterIP: CLUSTER.dnsService,
      selector: DNS_LABELS,
      ports: [
        { name: "dns", port: 53, protocol: "UDP" },
        { name: "dns-tcp", port: 53, protocol: "TCP" },
      ],
    },
  },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: DNS, namespace: NAMESPACE, labels: DNS_LABELS },
    spec: {
      selector: { matchLabels: DNS_LABELS },
      template: { metadata: { labels: DNS_LABELS }, spec: dnsPod() },
    },
  },
];

function corefile(): string {
  // Two blocks, because within one, the template would answer before the cluster is asked.
  return `${CLUSTER.domain}:53 in-addr.arpa:53 ip6.arpa:53 {
    errors
    health
    ready
    kubernetes {
        pods insecure
    }
    cache 30
    loadbalance
}
.:53 {
    errors
    template ANY ANY {
        rcode NXDOMAIN
    }
}
`;
}

function dnsPod(): Record<string, unknown> {
  return {
    priorityClassName: "system-cluster-critical",
    serviceAccountName: DNS,
    // The cluster's names must resolve whatever taints the node carries.
    tolerations: [{ operator: "Exists" }],
    dnsPolicy: "Default",
    securityContext: { runAsNonRoot: true, runAsUser: DNS_USER, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: DNS,
        image: DNS_IMAGE,
        args: ["-conf", "/etc/coredns/Corefile"],
        ports: [
          { name: "dns", containerPort: 53, protocol: "UDP" },
          { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
        ],
        resources: { requests: { cpu: "50m", memory: "32Mi" }, limits: { memory: "170Mi" } },
        readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1 },
        livenessProbe: { httpGet: { path: "/health", port: 8080 }, initialDelaySeconds: 30 },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
      },
    ],
    volumes: [{ name: "config", configMap: { name: DNS } }],
  };
}

/** The right to list and watch, and who has it. */
function clusterRole(
  name: string,
  subject: { kind: "User" | "ServiceAccount"; name: string; namespace?: string },
  reads: { apiGroups: string[]; resources: string[] }[],
): Manifest[] {
  const group = "rbac.authorization.k8s.io";
  const apiGroup = subject.kind === "User" ? { apiGroup: group } : {};
  return [
    {
      apiVersion: `${group}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: reads.map((rule) => ({ ...rule, verbs: ["get", "list", "watch"] })),
    },
    {
      apiVersion: `${group}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: group, kind: "ClusterRole", name },
      subjects: [{ ...subject, ...apiGroup }],
    },
  ];
}
