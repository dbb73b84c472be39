/** What a member of a tenant may do in the tenant's namespace. */
export const TenantRole = {
  /** Runs the tenant: all that a developer may, and the tenant's Secrets. */
  Owner: "owner",
  /** Deploys and debugs workloads: writes them, reads logs, opens shells; cannot read Secrets. */
  Developer: "developer",
  /** Looks: reads workloads and logs; no shells, no Secrets. */
  Viewer: "viewer",
} as const;
export type TenantRole = (typeof TenantRole)[keyof typeof TenantRole];

/** One rule of a role: verbs on resources of API groups. */
export interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const read = ["get", "list", "watch"];
const write = [...read, "create", "update", "patch", "delete", "deletecollection"];

const workloads: [group: string, resources: string[]][] = [
  ["", ["configmaps", "persistentvolumeclaims", "pods", "services"]],
  ["apps", ["deployments", "deployments/scale", "statefulsets", "statefulsets/scale", "replicasets"]],
  ["autoscaling", ["horizontalpodautoscalers"]],
  ["batch", ["cronjobs", "jobs"]],
  ["networking.k8s.io", ["ingresses"]],
  ["policy", ["poddisruptionbudgets"]],
];

function onWorkloads(verbs: string[]): Rule[] {
  return workloads.map(([group, resources]) => ({ apiGroups: [group], resources, verbs }));
}

// What frames a tenant can be read by all of its members, so that a refusal can be understood, and written by none.
const frame: Rule[] = [
  {
    apiGroups: [""],
    resources: [
      "endpoints",
      "events",
      "limitranges",
      "pods/log",
      "pods/status",
      "resourcequotas",
      "serviceaccounts",
    ],
    verbs: read,
  },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
  { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: read },
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: read },
];

const shells: Rule = {
  apiGroups: [""],
  resources: ["pods/attach", "pods/exec", "pods/portforward"],
  verbs: ["create", "get"],
};
const eviction: Rule = { apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"] };
const secrets: Rule = { apiGroups: [""], resources: ["secrets"], verbs: write };

/**
 * The rules of each role. They are not the built-in `edit` and `admin`: those also hand out impersonation of
 * ServiceAccounts, token minting, proxies and writing of network policies (kubernetes
 * plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go).
 */
export const tenantRoleRules: Record<TenantRole, Rule[]> = {
  owner: [...onWorkloads(write), ...frame, shells, eviction, secrets],
  developer: [...onWorkloads(write), ...frame, shells, eviction],
  viewer: [...onWorkloads(read), ...frame],
};

/** Name of the ClusterRole that holds the rules of a role. */
export function tenantRoleName(role: TenantRole): string {
  return `bulkhead-tenant-${role}`;
}
