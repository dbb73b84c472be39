import { ISOLATION_LABEL, managedLabels, TENANT_LABEL } from "../labels";
import type { Isolation } from "../plan/vocabulary";

/**
 * Version of the Pod Security Standards that tenants are held to. Pinned, because from v1.35 on the level
 * `restricted` lets a pod with `hostUsers: false` run as root; v1.34 refuses it.
 */
const POD_SECURITY_VERSION = "v1.34";

/** Labels that anything of a tenant carries. */
export function tenantLabels(tenant: string): Record<string, string> {
  return { ...managedLabels("tenancy"), [TENANT_LABEL]: tenant };
}

/** Labels of a tenant's namespace: whose it is, how isolated, and Pod Security level `restricted` in all modes. */
export function namespaceLabels(tenant: string, isolation: Isolation): Record<string, string> {
  const podSecurity = ["enforce", "audit", "warn"].flatMap((mode): [string, string][] => [
    [`pod-security.kubernetes.io/${mode}`, "restricted"],
    [`pod-security.kubernetes.io/${mode}-version`, POD_SECURITY_VERSION],
  ]);
  return { ...tenantLabels(tenant), [ISOLATION_LABEL]: isolation, ...Object.fromEntries(podSecurity) };
}
