import { connect } from "node:net";
import { get } from "node:http";
import { dirname, join } from "node:path";
import { flags, type Component } from "./component";
import { CONTAINERD_CONFIG, CONTAINERD_SOCKET } from "./containerd-config";
import { CLUSTER } from "./control-plane-components";
import { KUBELET, type NodeLayout } from "./layout";

/** Port on which kube-router says whether it has written its rules. */
const ROUTER_HEALTH = 20244;

export function containerd({ programs }: NodeLayout): Component {
  const shims = [programs["containerd-shim-runc-v2"], programs["containerd-shim-runsc-v1"]].map((path) =>
    dirname(path),
  );
  return {
    name: "containerd",
    command: programs.containerd,
    args: flags({ config: CONTAINERD_CONFIG }),
    // It finds the shims, and gVisor's shim finds runsc, on the PATH.
    env: { PATH: [...new Set(shims), process.env["PATH"]].join(":") },
    ready: () => accepts(CONTAINERD_SOCKET),
  };
}

export function kubelet({ programs, dir, nodeName, network }: NodeLayout): Component {
  return {
    name: KUBELET,
    command: programs.kubelet,
    args: flags({
      config: join(dir, "kubelet.yaml"),
      kubeconfig: join(dir, "kubelet.conf"),
      "root-dir": join(dir, "kubelet"),
      "hostname-override": nodeName,
      "node-ip": network.nodeAddress,
    }),
  };
}

export function kubeProxy({ programs, dir, nodeName }: NodeLayout): Component {
  return {
    name: "kube-proxy",
    command: programs["kube-proxy"],
    args: flags({
      kubeconfig: join(dir, "kube-proxy.conf"),
      "hostname-override": nodeName,
      "proxy-mode": "nftables",
      "cluster-cidr": CLUSTER.pods,
      // These limits belong to the whole machine: leave them as they are.
      "conntrack-max-per-core": 0,
      "conntrack-min": 0,
      "conntrack-tcp-timeout-established": "0s",
      "conntrack-tcp-timeout-close-wait": "0s",
    }),
  };
}

/** Enforces NetworkPolicy, and does nothing else that it could. */
export function kubeRouter({ programs, dir, nodeName }: NodeLayout): Component {
  return {
    name: "kube-router",
    command: programs["kube-router"],
    args: flags({
      kubeconfig: join(dir, "kube-router.conf"),
      "hostname-override": nodeName,
      "run-firewall": true,
      "run-router": false,
      "run-service-proxy": false,
      "run-loadbalancer": false,
      "service-cluster-ip-range": CLUSTER.services,
      "health-port": ROUTER_HEALTH,
    }),
    ready: () => healthy(`http://127.0.0.1:${ROUTER_HEALTH}/healthz`),
  };
}

function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}

function healthy(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).once("error", () => resolve(false));
  });
}
