import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { Pool } from "../plan/pool";
import type { Runtime } from "../plan/vocabulary";
import { doubt, parseSighting, type Evidence } from "./evidence";
import { controlPod, sandboxedPod } from "./probe-pods";

/** Arguments of IsolationProbe. */
export interface IsolationProbeArgs {
  /** The pool to prove; its runtimes decide which pods exist. */
  pool: Pool;
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
  /** What was seen, one entry for each runtime of the pool. Rejected when a runtime does not isolate. */
  public readonly evidence: pulumi.Output<Evidence[]>;

  public constructor(name: string, args: IsolationProbeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pulumi-bulkhead:index:IsolationProbe", name, args, opts);
    const childOpts = { parent: this, deleteBeforeReplace: true };
    const control = controlPod(`${name}-control`, args, childOpts);
    const node = control.spec.nodeName;
    const proofs = args.pool.runtimes.map((runtime) => {
      const pod = sandboxedPod(`${name}-${runtime}`, { ...args, runtime, node }, childOpts);
      return pulumi
        .all([sightingOf(pod), sightingOf(control), node])
        .apply(([sandboxed, plain, nodeName]): { evidence: Evidence; problem?: string } => ({
          evidence: {
            pool: args.pool.name,
            runtime,
            node: nodeName,
            nodeKernel: plain.kernel,
            nodeBootId: plain.nodeBootId,
            kernel: sandboxed.kernel,
            bootId: sandboxed.bootId,
            gvisorMessage: sandboxed.gvisorMessage,
          },
          problem: doubt(runtime, sandboxed, plain),
        }));
    });
    this.evidence = pulumi.all(proofs).apply((proven) => {
      const failed = proven.filter((proof) => proof.problem !== undefined);
      if (failed.length > 0) {
        throw new pulumi.RunError(failed.map((proof) => failure(proof.evidence, proof.problem)).join("\n"));
      }
      return proven.map((proof) => proof.evidence);
    });
    this.registerOutputs({ evidence: this.evidence });
  }
}

function sightingOf(pod: k8s.core.v1.Pod) {
  return pod.status.containerStatuses.apply((statuses) =>
    parseSighting(statuses?.[0]?.state?.terminated?.message ?? ""),
  );
}

function failure(evidence: { pool: string; runtime: Runtime; node: string }, problem = ""): string {
  return (
    `Pool "${evidence.pool}" does not isolate with runtime "${evidence.runtime}": on node ${evidence.node} ` +
    `${problem}. Mend the handler on the pool's nodes, then prove again with ` +
    "`pulumi up --replace '**IsolationProbe$kubernetes:core/v1:Pod**'`."
  );
}
