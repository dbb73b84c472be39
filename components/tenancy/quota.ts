import type { ContainerDefaults, TenantQuota } from "./args";

/**
 * Hard limits of a tenant's ResourceQuota. Node ports and load balancers are zero: both open a way into the
 * cluster that no network policy of the tenant closes.
 */
export function quotaLimits(quota: TenantQuota = {}): Record<string, string> {
  const cpu = quota.cpu ?? "2";
  const memory = quota.memory ?? "4Gi";
  return {
    "requests.cpu": cpu,
    "limits.cpu": cpu,
    "requests.memory": memory,
    "limits.memory": memory,
    "requests.storage": quota.storage ?? "10Gi",
    pods: String(quota.pods ?? 20),
    "services.nodeports": "0",
    "services.loadbalancers": "0",
  };
}

/** The LimitRange item that gives containers without requests and limits some of both. */
export function containerLimits(containers: ContainerDefaults = {}) {
  return {
    type: "Container",
    defaultRequest: { cpu: containers.cpuRequest ?? "50m", memory: containers.memoryRequest ?? "64Mi" },
    default: { cpu: containers.cpuLimit ?? "250m", memory: containers.memoryLimit ?? "128Mi" },
  };
}
