import { x } from "tinyexec";
import { UserError } from "../user-error";
import type { NodeNetwork } from "./layout";

/** A program of this machine, and what its environment needs. */
export interface HostTool {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Ranges that are reserved for examples (RFC 5737), so no network of this machine should use them. Not
 * link-local: the kubelet does not publish such an address, and then logs and exec fail.
 */
const RANGES = ["198.51.100", "203.0.113", "192.0.2"];
const PREFIX = 30;

/** Name of the node's end of the link. */
export const NODE_LINK = "eth0";

interface AddressReport {
  addr_info?: { family: string; local: string; prefixlen: number }[];
}
interface RouteReport {
  dst: string;
}

/**
 * Four addresses that nothing on this machine uses: a network for the link to a node.
 *
 * @param link name for this machine's end
 * @param others networks of nodes that may be stopped at the moment
 * @throws UserError when all that we would use are taken
 */
export async function chooseNetwork(
  ip: HostTool,
  link: string,
  others: readonly NodeNetwork[],
): Promise<NodeNetwork> {
  const reserved = others.map(({ nodeAddress, prefix }) => `${nodeAddress}/${prefix}`);
  const network = freeNetwork([...(await takenRanges(ip)), ...reserved], link);
  if (!network) {
    throw new UserError(
      `All the addresses that the node could take (${RANGES.map((range) => `${range}.0/24`).join(", ")}) are in use on this machine.`,
      "See `ip route`, and free one of them.",
    );
  }
  return network;
}

/** The first network among ours that overlaps none of `taken` (`address/bits`). */
export function freeNetwork(taken: readonly string[], link: string): NodeNetwork | undefined {
  const used = taken.map(interval);
  for (const range of RANGES) {
    for (let start = 0; start < 256; start += 4) {
      const [from, to] = interval(`${range}.${start}/${PREFIX}`);
      if (used.every(([first, last]) => last < from || first > to)) {
        const [hostAddress, nodeAddress] = [`${range}.${start + 1}`, `${range}.${start + 2}`];
        return { link, hostAddress, nodeAddress, prefix: PREFIX };
      }
    }
  }
  return undefined;
}

/**
 * Joins this machine to the network namespace of a process.
 *
 * @throws UserError when the addresses are taken by now, or the kernel makes no such link
 */
export async function makeLink(ip: HostTool, network: NodeNetwork, pid: number): Promise<void> {
  const { link, hostAddress, nodeAddress, prefix } = network;
  await removeLink(ip, link);
  const own = interval(`${nodeAddress}/${prefix}`);
  if ((await takenRanges(ip)).map(interval).some(([first, last]) => first <= own[1] && last >= own[0])) {
    throw new UserError(
      `The network of the node, ${hostAddress}/${prefix}, is now used by something else on this machine.`,
      "See `ip route` and free it; or run `npm run down`, and the next start takes another one.",
    );
  }
  await run(ip, ["link", "add", link, "type", "veth", "peer", "name", NODE_LINK, "netns", String(pid)]);
  await run(ip, ["address", "add", `${hostAddress}/${prefix}`, "dev", link]);
  await run(ip, ["link", "set", link, "up"]);
}

/** Removes this machine's end of a link, if it is there. */
export async function removeLink(ip: HostTool, link: string): Promise<void> {
  // The kernel removes it too, some time after the node has ended.
  const deleted = await x(ip.path, ["link", "delete", link], options(ip));
  const shown = await x(ip.path, ["link", "show", "dev", link], options(ip));
  if (shown.exitCode === 0) {
    throw new Error(`ip link delete ${link}: ${deleted.stderr.trim()}`);
  }
}

async function takenRanges(ip: HostTool): Promise<string[]> {
  const [addresses, routes] = await Promise.all([
    x(ip.path, ["-json", "-4", "address"], { ...options(ip), throwOnError: true }),
    x(ip.path, ["-json", "-4", "route", "show", "table", "all"], { ...options(ip), throwOnError: true }),
  ]);
  return [
    ...(JSON.parse(addresses.stdout || "[]") as AddressReport[])
      .flatMap((report) => report.addr_info ?? [])
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    ...(JSON.parse(routes.stdout || "[]") as RouteReport[])
      .map(({ dst }) => dst)
      // The default route covers everything, and takes nothing.
      .filter((dst) => dst !== "default"),
  ];
}

/** First and last address, as numbers. */
function interval(range: string): [number, number] {
  const [address = "", bits = "32"] = range.split("/");
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(number / size) * size;
  return [first, first + size - 1];
}

async function run(ip: HostTool, args: string[]): Promise<void> {
  const { exitCode, stderr } = await x(ip.path, args, options(ip));
  if (exitCode !== 0) {
    throw new UserError(
      `The link to the node can't be made: ip ${args.join(" ")}: ${stderr.trim()}`,
      "The kernel needs veth devices (CONFIG_VETH), and the command CAP_NET_ADMIN.",
    );
  }
}

function options({ env }: HostTool): { nodePath: boolean; nodeOptions: { env: NodeJS.ProcessEnv } } {
  return { nodePath: false, nodeOptions: { env: { ...process.env, ...env } } };
}
