import { Runtime } from "../plan/vocabulary";

/** What a probe pod saw of the kernel under it. */
export interface Sighting {
  /** Kernel release, as `uname -r` gives it. */
  kernel: string;
  /** The kernel's id of its current boot, from /proc/sys/kernel/random/boot_id. */
  bootId: string;
  /** First line of the kernel's messages that names gVisor; empty if none. */
  gvisorMessage: string;
  /** The node's own boot id, read from the node's /proc; only the negative control sees it. */
  nodeBootId: string;
}

/** What a pod of one runtime on one pool saw beside what its node is, and whether that proves isolation. */
export interface Evidence {
  /** Pool on which the pods ran. */
  pool: string;
  /** Runtime that was asked for. */
  runtime: Runtime;
  /** Node on which both pods ran. */
  node: string;
  /** Kernel release of the node. */
  nodeKernel: string;
  /** Boot id of the node's kernel. */
  nodeBootId: string;
  /** Kernel release that the sandboxed pod saw. */
  kernel: string;
  /** Boot id that the sandboxed pod saw. */
  bootId: string;
  /** gVisor's first boot message, as the sandboxed pod saw it; empty without gVisor. */
  gvisorMessage: string;
  /** Why this does not prove isolation; empty if it does. */
  doubt: string;
}

/**
 * Shell lines that print one `key=value` line for each thing a pod sees of the kernel under it.
 *
 * gVisor answers with a random boot id of its own and logs "Starting gVisor..." as its first message
 * (gvisor pkg/sentry/fsimpl/proc/tasks_sys.go and pkg/sentry/kernel/syslog.go).
 */
export const sightingScript = [
  'echo "kernel=$(uname -r)"',
  'echo "bootId=$(cat /proc/sys/kernel/random/boot_id)"',
  'echo "gvisorMessage=$(dmesg 2>/dev/null | grep -m 1 gVisor)"',
  'echo "nodeBootId=$(cat /node/boot_id 2>/dev/null)"',
].join("\n");

/** Reads what {@link sightingScript} printed. Other lines are passed over; what is missing is empty. */
export function parseSighting(message: string): Sighting {
  const seen = new Map(
    message.split("\n").map((line): [string, string] => {
      const [key = "", ...value] = line.split("=");
      return [key, value.join("=").trim()];
    }),
  );
  const of = (key: keyof Sighting) => seen.get(key) ?? "";
  return {
    kernel: of("kernel"),
    bootId: of("bootId"),
    gvisorMessage: of("gvisorMessage"),
    nodeBootId: of("nodeBootId"),
  };
}

/** Says why the sightings do not prove isolation; undefined if they do. */
export function doubt(runtime: Runtime, sandboxed: Sighting, control: Sighting): string | undefined {
  if (control.nodeBootId === "" || sandboxed.bootId === "") {
    return "a probe pod could not read a boot id, so nothing is proven";
  }
  if (control.bootId !== control.nodeBootId) {
    return (
      `the negative control, a pod without a RuntimeClass, does not run on the node's kernel ` +
      `(boot id ${control.bootId}, the node's is ${control.nodeBootId}), so the node's default handler is not a plain one`
    );
  }
  if (sandboxed.bootId === control.nodeBootId) {
    return (
      `the pod shares the node's kernel: both have boot id ${control.nodeBootId} and kernel ${control.kernel}. ` +
      `The handler behind RuntimeClass "${runtime}" is not a sandbox`
    );
  }
  if (runtime === Runtime.Gvisor && !sandboxed.gvisorMessage.includes("Starting gVisor")) {
    return `the pod's kernel ${sandboxed.kernel} does not say that it is gVisor`;
  }
  if (runtime === Runtime.Kata && sandboxed.gvisorMessage !== "") {
    return `the pod runs in gVisor ("${sandboxed.gvisorMessage}"), not in a virtual machine`;
  }
  return undefined;
}

/** Puts what the two pods saw on a node side by side, with the verdict. */
export function weigh(
  pool: string,
  runtime: Runtime,
  node: string,
  sandboxed: Sighting,
  control: Sighting,
): Evidence {
  return {
    pool,
    runtime,
    node,
    nodeKernel: control.kernel,
    nodeBootId: control.nodeBootId,
    kernel: sandboxed.kernel,
    bootId: sandboxed.bootId,
    gvisorMessage: sandboxed.gvisorMessage,
    doubt: doubt(runtime, sandboxed, control) ?? "",
  };
}
