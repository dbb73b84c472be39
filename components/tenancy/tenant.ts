import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { Isolation } from "../plan/vocabulary";
import { subjectsByRole } from "./access";
import type { TenantArgs } from "./args";
import { namespaceLabels, tenantLabels } from "./namespace-labels";
import { allowDns, allowWithinNamespace, denyAll } from "./network";
import { containerLimits, quotaLimits } from "./quota";
import { tenantRoleName } from "./roles";

/**
 * One tenant: a namespace under Pod Security level `restricted`, its quota and container defaults, a network
 * closed but for DNS and the namespace itself, a ServiceAccount without an API token, and what its members may
 * do. The roles come from TenantRoles, once per cluster.
 *
 * Costs nothing by itself. Raises InputPropertiesError for a member that is not exactly one of user and group.
 */
export class Tenant extends pulumi.ComponentResource {
  /** Name of the tenant's namespace. */
  public readonly namespace: pulumi.Output<string>;
  /** Name of the ServiceAccount for the tenant's workloads. */
  public readonly serviceAccount: pulumi.Output<string>;

  public constructor(name: string, args: TenantArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pulumi-bulkhead:index:Tenant", name, args, opts);
    checkMembers(name, args);
    const childOpts = { parent: this };
    const labels = tenantLabels(args.tenant);

    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      {
        metadata: {
          name: args.tenant,
          labels: namespaceLabels(args.tenant, args.isolation ?? Isolation.Gvisor),
        },
      },
      childOpts,
    );
    this.namespace = namespace.metadata.name;
    const metadata = (objectName: string) => ({ name: objectName, namespace: this.namespace, labels });

    new k8s.core.v1.ResourceQuota(
      `${name}-quota`,
      { metadata: metadata("bulkhead-quota"), spec: { hard: quotaLimits(args.quota) } },
      childOpts,
    );
    new k8s.core.v1.LimitRange(
      `${name}-limits`,
      { metadata: metadata("bulkhead-limits"), spec: { limits: [containerLimits(args.containers)] } },
      childOpts,
    );
    for (const [role, spec] of Object.entries({
      "deny-all": denyAll,
      "allow-within-namespace": allowWithinNamespace,
      "allow-dns": allowDns,
    })) {
      new k8s.networking.v1.NetworkPolicy(
        `${name}-${role}`,
        { metadata: metadata(`bulkhead-${role}`), spec },
        childOpts,
      );
    }

    // Kubernetes makes `default` itself, so it can only be patched.
    new k8s.core.v1.ServiceAccountPatch(
      `${name}-default-account`,
      { metadata: { name: "default", namespace: this.namespace }, automountServiceAccountToken: false },
      childOpts,
    );
    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata: metadata("workload"), automountServiceAccountToken: false },
      childOpts,
    );
    this.serviceAccount = account.metadata.name;

    for (const { role, subjects } of subjectsByRole(args.members ?? [])) {
      new k8s.rbac.v1.RoleBinding(
        `${name}-${role}`,
        {
          metadata: metadata(`bulkhead-${role}`),
          roleRef: {
            apiGroup: "rbac.authorization.k8s.io",
            kind: "ClusterRole",
            name: tenantRoleName(role),
          },
          subjects,
        },
        childOpts,
      );
    }
    this.registerOutputs({ namespace: this.namespace, serviceAccount: this.serviceAccount });
  }
}

function checkMembers(name: string, args: TenantArgs): void {
  const errors = (args.members ?? []).flatMap((member, index) =>
    (member.user === undefined) === (member.group === undefined)
      ? [
          {
            propertyPath: `members[${index}]`,
            reason: "must have exactly one of user and group; write two members for two subjects",
          },
        ]
      : [],
  );
  if (errors.length > 0) {
    throw new pulumi.InputPropertiesError({ message: `Tenant "${name}" cannot be made`, errors });
  }
}
