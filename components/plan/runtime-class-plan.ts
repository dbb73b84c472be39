import type { Pool, Taint } from "./pool";
import type { Problem } from "./problem";
import type { Runtime } from "./vocabulary";

/** CPU and memory that one pod's sandbox costs on top of its containers. */
export interface Overhead {
  /** CPU, a Kubernetes quantity such as `50m` (thousandths of a vCPU). */
  cpu: string;
  /** Memory, a Kubernetes quantity such as `64Mi` (MiB). */
  memory: string;
}

/** How a runtime is served on the nodes and what it costs. */
export interface RuntimeSettings {
  /** Name of the containerd handler on the nodes. */
  handler: string;
  /** Added to each pod by the RuntimeClass; counts in scheduling and in quota. */
  overhead: Overhead;
}

/** A RuntimeClass as it should be: the portable name of the runtime, and where it can run. */
export interface RuntimeClassPlan {
  name: Runtime;
  handler: string;
  overhead: Overhead;
  nodeSelector: Record<string, string>;
  tolerations: Taint[];
}

/**
 * Plans one RuntimeClass for each runtime that a pool offers. Its node selector holds the labels that all
 * pools offering the runtime have in common, so that a pod lands on any of them and on no other pool.
 */
export function planRuntimeClasses(
  pools: Pool[],
  settings: Record<Runtime, RuntimeSettings>,
): { classes: RuntimeClassPlan[]; problems: Problem[] } {
  const runtimes = [...new Set(pools.flatMap((pool) => pool.runtimes))].sort();
  const problems: Problem[] = [];
  const classes = runtimes.map((name) => {
    const offering = pools.filter((pool) => pool.runtimes.includes(name));
    const nodeSelector = commonLabels(offering);
    const strangers = pools.filter(
      (pool) => !pool.runtimes.includes(name) && hasLabels(pool.nodeLabels, nodeSelector),
    );
    if (Object.keys(nodeSelector).length === 0 || strangers.length > 0) {
      problems.push(noCommonSelector(name, offering, strangers, pools));
    }
    return {
      name,
      ...settings[name],
      nodeSelector,
      tolerations: distinctTaints(offering.flatMap((pool) => pool.taints)),
    };
  });
  return { classes, problems };
}

function commonLabels(pools: Pool[]): Record<string, string> {
  const [first, ...others] = pools;
  const shared = Object.entries(first?.nodeLabels ?? {}).filter(([key, value]) =>
    others.every((pool) => pool.nodeLabels[key] === value),
  );
  return Object.fromEntries(shared);
}

function hasLabels(labels: Record<string, string>, wanted: Record<string, string>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

function noCommonSelector(runtime: Runtime, offering: Pool[], strangers: Pool[], all: Pool[]): Problem {
  const names = (pools: Pool[]) => pools.map((pool) => `"${pool.name}"`).join(", ");
  const index = offering[0] === undefined ? 0 : all.indexOf(offering[0]);
  const seen =
    strangers.length > 0
      ? `the labels that ${names(offering)} share also select ${names(strangers)}, which does not offer it`
      : `the pools ${names(offering)} share no node label`;
  return {
    path: `bulkhead:pools[${index}].nodeLabels`,
    message:
      `A RuntimeClass finds its nodes by one set of labels, and for "${runtime}" ${seen}. ` +
      `Label the nodes that offer it, for example with bulkhead.dev/runtime-${runtime}=true, ` +
      `and write that label in nodeLabels of ${names(offering)}.`,
  };
}

function distinctTaints(taints: Taint[]): Taint[] {
  return [
    ...new Map(
      taints.map((taint) => [JSON.stringify([taint.key, taint.value, taint.effect]), taint]),
    ).values(),
  ];
}
