import type { Runtime, TaintEffect } from "./vocabulary";

/** A taint that the nodes of a pool carry. */
export interface Taint {
  /** Key, a Kubernetes qualified name such as `bulkhead.dev/sandbox`. */
  key: string;
  /** Value. Default: empty. */
  value?: string;
  /** What it does to pods that do not tolerate it. */
  effect: TaintEffect;
}

/** A group of like nodes, and the runtimes that they offer. */
export interface Pool {
  /** Name, unique in the environment. */
  name: string;
  /** Runtimes whose handler every node of the pool serves. */
  runtimes: Runtime[];
  /** Labels that every node of the pool carries and no other node carries all of. */
  nodeLabels: Record<string, string>;
  /** Taints that every node of the pool carries. */
  taints: Taint[];
}
