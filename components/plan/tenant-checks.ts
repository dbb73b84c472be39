import type { Problem } from "./problem";
import { Isolation, type Runtime, runtimeOf } from "./vocabulary";

/** What the checks need to know of a tenant. */
export interface TenantWish {
  name: string;
  isolation: Isolation;
}

/**
 * Checks that every tenant's runtime is offered by some pool.
 * @param tenants the tenants, each with the path of its isolation level in the stack file
 * @param offered the runtimes that pools offer
 */
export function checkTenants(tenants: (TenantWish & { path: string })[], offered: Runtime[]): Problem[] {
  const choice = [...new Set(offered)].sort().join(", ");
  return tenants.flatMap(({ isolation, path }) => {
    const runtime = runtimeOf(isolation);
    if (runtime === undefined || offered.includes(runtime)) {
      return [];
    }
    const instead = choice === "" ? "Add" : `Write one that a pool offers (${choice}), or add`;
    return [
      {
        path,
        message: `is "${runtime}", which no pool offers. ${instead} ${runtime} to the runtimes of a pool.`,
      },
    ];
  });
}

/** Warnings for what is allowed but unwise. */
export function tenantWarnings(tenants: TenantWish[]): string[] {
  return tenants
    .filter((tenant) => tenant.isolation === Isolation.SharedKernel)
    .map(
      (tenant) =>
        `Tenant "${tenant.name}" has isolation "${Isolation.SharedKernel}": its pods share the node's kernel ` +
        "with the node and with each other. Use gvisor or kata for anything that you do not trust as much as the node.",
    );
}
