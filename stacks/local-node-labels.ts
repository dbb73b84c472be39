import { POOL_LABEL, runtimeLabel } from "../components/labels";

/** Labels that the local node registers with, as the one node of a pool. */
export function localNodeLabels(pool: { name: string; runtimes: string[] }): Record<string, string> {
  return {
    [POOL_LABEL]: pool.name,
    ...Object.fromEntries(pool.runtimes.map((runtime) => [runtimeLabel(runtime), "true"])),
  };
}
