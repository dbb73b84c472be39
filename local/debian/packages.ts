/** A program of a Debian package: where it lies below a root folder. The first path that exists counts. */
interface Tool {
  readonly package: string;
  readonly paths: readonly string[];
}

/**
 * What the node takes from Debian: small programs that are not Go, or that are bound to the machine's
 * libraries. Any other distribution that has them at one of these places does as well.
 */
export const TOOLS = {
  runc: { package: "runc", paths: ["usr/sbin/runc", "usr/bin/runc"] },
  /** Puts pods on the network. */
  ptp: {
    package: "containernetworking-plugins",
    paths: ["usr/lib/cni/ptp", "opt/cni/bin/ptp", "usr/libexec/cni/ptp"],
  },
  /** What the node's busybox image is made of. Not the static build: its resolver crashes. */
  busybox: { package: "busybox", paths: ["usr/bin/busybox", "bin/busybox"] },
  /** Written to by kube-proxy. */
  nft: { package: "nftables", paths: ["usr/sbin/nft", "sbin/nft"] },
  /** Written to by kube-router, beside ipset. */
  iptables: { package: "iptables", paths: ["usr/sbin/iptables-nft", "sbin/iptables-nft"] },
  ipset: { package: "ipset", paths: ["usr/sbin/ipset", "sbin/ipset"] },
  /** Collects orphaned processes, as the first one of the node and of every pod. Static, so it makes an image. */
  catatonit: { package: "catatonit", paths: ["usr/bin/catatonit", "usr/libexec/catatonit/catatonit"] },
  ip: { package: "iproute2", paths: ["usr/sbin/ip", "usr/bin/ip", "sbin/ip", "bin/ip"] },
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof TOOLS;

/** The packages of all tools. */
export function packages(): string[] {
  return Object.values(TOOLS).map((tool) => tool.package);
}
