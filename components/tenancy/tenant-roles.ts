import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { managedLabels } from "../labels";
import { TenantRole, tenantRoleName, tenantRoleRules } from "./roles";

/** Arguments of TenantRoles: none so far. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- a component of a package must have an args interface
export interface TenantRolesArgs {}

/**
 * The roles that tenants' members are bound to, as ClusterRoles: once per cluster, so that a thousand tenants do
 * not make three thousand copies. They grant nothing until a tenant binds them in its own namespace.
 */
export class TenantRoles extends pulumi.ComponentResource {
  public constructor(name: string, args: TenantRolesArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("pulumi-bulkhead:index:TenantRoles", name, args, opts);
    for (const role of Object.values(TenantRole)) {
      new k8s.rbac.v1.ClusterRole(
        `${name}-${role}`,
        {
          metadata: { name: tenantRoleName(role), labels: managedLabels("tenancy") },
          rules: tenantRoleRules[role],
        },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}
