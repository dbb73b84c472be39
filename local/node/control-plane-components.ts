import { join } from "node:path";
import { flags, type Component } from "./component";
import { answers } from "./https";
import { keyPair, serviceAccountKeys, type CertificateRequest } from "./pki";
import type { Processes } from "./processes";

/** Programs that make a control plane. */
export const CONTROL_PLANE_PROGRAMS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
] as const;

export type ControlPlaneProgram = (typeof CONTROL_PLANE_PROGRAMS)[number];

/** Everything that the flags of a control plane depend on. */
export interface ControlPlaneLayout {
  readonly programs: Readonly<Record<ControlPlaneProgram, string>>;
  /** Folder of the etcd data. */
  readonly data: string;
  /** Folder of the certificates. */
  readonly pki: string;
  /** Folder of the kubeconfigs of the components: `<component>.conf`. */
  readonly kubeconfigs: string;
  /** IPv4 address that the API server listens on. */
  readonly address: string;
  readonly ports: { readonly api: number; readonly etcd: number; readonly etcdPeer: number };
}

/** Addresses that are the same in every cluster of ours. They exist only inside the node. */
export const CLUSTER = {
  domain: "cluster.local",
  services: "10.96.0.0/16",
  /** The first address of `services`, which the API server takes for itself. */
  apiService: "10.96.0.1",
  dnsService: "10.96.0.10",
  /** One node only, so its pods get the whole range. */
  pods: "10.244.0.0/16",
} as const;

/** Components that talk to the API server with a certificate of their own. */
export const CONTROLLERS = ["kube-controller-manager", "kube-scheduler"] as const;

/** The certificates of a control plane whose API server is reached at `address`. */
export function controlPlaneCertificates(address: string): CertificateRequest[] {
  return [
    { name: "etcd", authority: "etcd-ca", commonName: "etcd", serves: ["127.0.0.1", "localhost"] },
    { name: "etcd-client", authority: "etcd-ca", commonName: "kube-apiserver" },
    {
      name: "kube-apiserver",
      authority: "ca",
      commonName: "kube-apiserver",
      serves: [
        ...new Set([address, "127.0.0.1"]),
        CLUSTER.apiService,
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        `kubernetes.default.svc.${CLUSTER.domain}`,
      ],
    },
    {
      name: "kubelet-client",
      authority: "ca",
      commonName: "kube-apiserver-kubelet-client",
      organization: "system:masters",
    },
    { name: "admin", authority: "ca", commonName: "bulkhead-admin", organization: "system:masters" },
    ...CONTROLLERS.map((name) => ({ name, authority: "ca" as const, commonName: `system:${name}` })),
  ];
}

/** Address of the API server. */
export function apiUrl({ address, ports }: Pick<ControlPlaneLayout, "address" | "ports">): string {
  return `https://${address}:${ports.api}`;
}

/** etcd, with both its ports on the loopback address and closed to whoever lacks its certificate. */
export function etcd({ programs, data, pki, ports }: ControlPlaneLayout): Component {
  const authority = keyPair(pki, "etcd-ca").cert;
  const own = keyPair(pki, "etcd");
  const client = `https://127.0.0.1:${ports.etcd}`;
  const peer = `https://127.0.0.1:${ports.etcdPeer}`;
  return {
    name: "etcd",
    command: programs.etcd,
    args: flags({
      name: "bulkhead",
      "data-dir": data,
      "listen-client-urls": client,
      "advertise-client-urls": client,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": `bulkhead=${peer}`,
      "client-cert-auth": true,
      "trusted-ca-file": authority,
      "cert-file": own.cert,
      "key-file": own.key,
      "peer-client-cert-auth": true,
      "peer-trusted-ca-file": authority,
      "peer-cert-file": own.cert,
      "peer-key-file": own.key,
      // What is written survives a killed process; only a machine that loses power may lose the last writes
      // of its development cluster. Starts are seconds faster on a slow disk.
      "unsafe-no-fsync": true,
      "log-level": "warn",
    }),
    ready: () => answers(`${client}/health`, authority, keyPair(pki, "etcd-client")),
  };
}

/** The API server. Node and RBAC authorizers; nobody gets in without a certificate or a token. */
export function apiServer(layout: ControlPlaneLayout): Component {
  const { programs, pki, address, ports } = layout;
  const authority = keyPair(pki, "ca").cert;
  const own = keyPair(pki, "kube-apiserver");
  const etcdClient = keyPair(pki, "etcd-client");
  const kubelet = keyPair(pki, "kubelet-client");
  const tokens = serviceAccountKeys(pki);
  return {
    name: "kube-apiserver",
    command: programs["kube-apiserver"],
    args: flags({
      "bind-address": address,
      "advertise-address": address,
      "secure-port": ports.api,
      "tls-cert-file": own.cert,
      "tls-private-key-file": own.key,
      "client-ca-file": authority,
      "anonymous-auth": false,
      "authorization-mode": "Node,RBAC",
      "enable-admission-plugins": "NodeRestriction",
      // Sandboxed pods are what we test, but the installer and the probe's control need privileged ones.
      "allow-privileged": true,
      "etcd-servers": `https://127.0.0.1:${ports.etcd}`,
      "etcd-cafile": keyPair(pki, "etcd-ca").cert,
      "etcd-certfile": etcdClient.cert,
      "etcd-keyfile": etcdClient.key,
      "kubelet-certificate-authority": authority,
      "kubelet-client-certificate": kubelet.cert,
      "kubelet-client-key": kubelet.key,
      "kubelet-preferred-address-types": "InternalIP",
      "service-account-issuer": `https://kubernetes.default.svc.${CLUSTER.domain}`,
      "service-account-key-file": tokens.public,
      "service-account-signing-key-file": tokens.private,
      "service-cluster-ip-range": CLUSTER.services,
      profiling: false,
    }),
    ready: () => answers(`${apiUrl(layout)}/readyz`, authority, keyPair(pki, "admin")),
  };
}

/** The controllers, among them the one that gives the node its range of pod addresses. */
export function controllerManager({ programs, pki, kubeconfigs }: ControlPlaneLayout): Component {
  const signer = keyPair(pki, "ca");
  return {
    name: "kube-controller-manager",
    command: programs["kube-controller-manager"],
    args: flags({
      kubeconfig: join(kubeconfigs, "kube-controller-manager.conf"),
      "use-service-account-credentials": true,
      "service-account-private-key-file": serviceAccountKeys(pki).private,
      "root-ca-file": signer.cert,
      "cluster-signing-cert-file": signer.cert,
      "cluster-signing-key-file": signer.key,
      "allocate-node-cidrs": true,
      "cluster-cidr": CLUSTER.pods,
      "node-cidr-mask-size": CLUSTER.pods.split("/")[1] ?? "",
      "leader-elect": false,
      // Nobody scrapes it, and an open port is one more that may be taken.
      "secure-port": 0,
    }),
  };
}

export function scheduler({ programs, kubeconfigs }: ControlPlaneLayout): Component {
  return {
    name: "kube-scheduler",
    command: programs["kube-scheduler"],
    args: flags({
      kubeconfig: join(kubeconfigs, "kube-scheduler.conf"),
      "leader-elect": false,
      "secure-port": 0,
    }),
  };
}

/** Starts the parts in their order. Resolves when the API server is ready and the others run. */
export async function runControlPlane(processes: Processes, layout: ControlPlaneLayout): Promise<void> {
  await processes.start(etcd(layout));
  await processes.start(apiServer(layout));
  await Promise.all([processes.start(controllerManager(layout)), processes.start(scheduler(layout))]);
}
