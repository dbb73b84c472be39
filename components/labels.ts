/** Domain in front of every label, annotation and taint key that Bulkhead owns. */
export const DOMAIN = "bulkhead.dev";

/** Label on a node: the pool it belongs to. Value: the pool's name. */
export const POOL_LABEL = `${DOMAIN}/pool`;

/** Label on a node: the pool offers this runtime. Value: `"true"`. */
export function runtimeLabel(runtime: string): string {
  return `${DOMAIN}/runtime-${runtime}`;
}

/** Label on a namespace and on everything in it that Bulkhead made: the tenant's name. */
export const TENANT_LABEL = `${DOMAIN}/tenant`;

/** Label on a tenant's namespace: its isolation level. */
export const ISOLATION_LABEL = `${DOMAIN}/isolation`;

/** Labels of the Kubernetes recommended set, carried by everything that Bulkhead makes in a cluster. */
export function managedLabels(component: string): Record<string, string> {
  return {
    "app.kubernetes.io/managed-by": "bulkhead",
    "app.kubernetes.io/part-of": "bulkhead",
    "app.kubernetes.io/component": component,
  };
}
