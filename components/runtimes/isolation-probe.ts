import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { failure } from "../failure";
import type { Pool } from "../plan/pool";
import { type Evidence, parseSighting, weigh } from "./evidence";
import { controlPod, sandboxedPod } from "./probe-pods";

/** Arguments of IsolationProbe. */
export interface IsolationProbeArgs {
  /** The pool to prove; its runtimes decide which pods exist. */
  pool: Pool;
  /** Name of the containerd handler behind each runtime. Another handler is proven anew. */
  handlers: Record<string, string>;
  /** Namespace of the probe pods, under Pod Security level `privileged`: the control reads a file of the node. */
  namespace: pulumi.Input<string>;
  /** Image with a POSIX shell and the usual tools (uname, cat, dmesg, grep), such as BusyBox. */
  image: string;
}

/**
 * Proves on running pods that the runtimes of a pool isolate: a pod of each runtime and one plain pod, the
 * negative control, on the same node, and compares the kernels that they see. A pod that shares the node's
 * kernel, or a kernel that is not of the runtime asked for, fails the update. The pods run once and stay,
 * finished, as the record; to prove again, replace them (`pulumi up --replace`).
 *
 * Costs one node's room for a few seconds; a pool at zero is scaled up for it.
 */
export class IsolationProbe extends pulumi.ComponentResource {
  /** What was seen, one entry for each runtime of the pool, proven or not. */
  public readonly evidence: pulumi.Output<Evidence[]>;
  /** True once every runtime of the pool is proven; otherwise it fails. What must not come before the proof depends on it. */
  public readonly proven: pulumi.Output<boolean>;

  public constructor(name: string, args: IsolationProbeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pulumi-bulkhead:index:IsolationProbe", name, args, opts);
    const childOpts = { parent: this, deleteBeforeReplace: true };
    const control = controlPod(`${name}-control`, args, childOpts);
    const node = control.spec.nodeName;
    const proofs = args.pool.runtimes.map((runtime) => {
      const handler = args.handlers[runtime] ?? "";
      const pod = sandboxedPod(`${name}-${runtime}`, { ...args, runtime, handler, node }, childOpts);
      return pulumi
        .all([sightingOf(pod), sightingOf(control), node])
        .apply(([sandboxed, plain, nodeName]) => weigh(args.pool.name, runtime, nodeName, sandboxed, plain));
    });
    this.evidence = pulumi.all(proofs);
    this.proven = this.evidence.apply((evidence) => {
      const failures = evidence.filter((seen) => seen.doubt !== "").map(message);
      if (failures.length > 0) {
        throw failure(failures.join("\n"));
      }
      return true;
    });
    this.registerOutputs({ evidence: this.evidence });
  }
}

function sightingOf(pod: k8s.core.v1.Pod) {
  return pod.status.containerStatuses.apply((statuses) =>
    parseSighting(statuses?.[0]?.state?.terminated?.message ?? ""),
  );
}

function message(seen: Evidence): string {
  return (
    `Pool "${seen.pool}" does not isolate with runtime "${seen.runtime}": on node ${seen.node} ${seen.doubt}. ` +
    "Mend the handler on the pool's nodes, then prove again with " +
    "`pulumi up --replace '**IsolationProbe$kubernetes:core/v1:Pod**'`."
  );
}
