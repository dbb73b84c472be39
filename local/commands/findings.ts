import { CoreV1Api, KubeConfig, NodeV1Api, type V1Pod } from "@kubernetes/client-node";

import { ISOLATION_LABEL, managedLabels, POOL_LABEL, TENANT_LABEL } from "../../components/labels";
import { parseSighting, type Sighting } from "../../components/runtimes/evidence";
import { CANARY_NAME, CANARY_PORT } from "../../components/tenancy/canary-address";

/** What a cluster shows of itself: everything is read from its API and from running pods, nothing from state. */
export interface Findings {
  node: { name: string; kernel: string; bootId: string; handlers: string[] };
  runtimeClasses: { name: string; handler: string }[];
  /** What the probe's pods saw when they ran; runtime is empty for the negative control. */
  probes: { pool: string; runtime: string; saw: Sighting }[];
  /** What each tenant's canary answers now; undefined where there is none, or it does not answer. */
  tenants: { name: string; isolation: string; namespace: string; saw?: Sighting; problem?: string }[];
}

/** Asks the cluster behind a kubeconfig what there is, and its canaries what they see. */
export async function findings(kubeconfig: string): Promise<Findings> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const selector = (component: string) =>
    Object.entries(managedLabels(component))
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
  const [nodes, classes, probes, namespaces] = await Promise.all([
    core.listNode(),
    config.makeApiClient(NodeV1Api).listRuntimeClass({ labelSelector: selector("runtime") }),
    core.listPodForAllNamespaces({ labelSelector: selector("probe") }),
    core.listNamespace({ labelSelector: TENANT_LABEL }),
  ]);
  const node = nodes.items[0];
  return {
    node: {
      name: node?.metadata?.name ?? "",
      kernel: node?.status?.nodeInfo?.kernelVersion ?? "",
      bootId: node?.status?.nodeInfo?.bootID ?? "",
      handlers: (node?.status?.runtimeHandlers ?? []).map((handler) => handler.name ?? "").filter(Boolean),
    },
    runtimeClasses: classes.items.map((made) => ({ name: made.metadata?.name ?? "", handler: made.handler })),
    probes: probes.items.map((pod) => ({
      pool: pod.metadata?.labels?.[POOL_LABEL] ?? "",
      runtime: pod.spec?.runtimeClassName ?? "",
      saw: parseSighting(terminationMessage(pod)),
    })),
    tenants: await Promise.all(
      namespaces.items.map(async ({ metadata }) => ({
        name: metadata?.labels?.[TENANT_LABEL] ?? "",
        isolation: metadata?.labels?.[ISOLATION_LABEL] ?? "",
        namespace: metadata?.name ?? "",
        ...(await askCanary(core, metadata?.name ?? "")),
      })),
    ),
  };
}

async function askCanary(core: CoreV1Api, namespace: string): Promise<{ saw?: Sighting; problem?: string }> {
  const { items } = await core.listNamespacedService({
    namespace,
    fieldSelector: `metadata.name=${CANARY_NAME}`,
  });
  if (items.length === 0) {
    return { problem: "no canary" };
  }
  try {
    const name = `http:${CANARY_NAME}:${CANARY_PORT}`;
    return { saw: parseSighting(await core.connectGetNamespacedServiceProxy({ name, namespace })) };
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return { problem: `its canary does not answer over its Service (${String(code)})` };
  }
}

function terminationMessage(pod: V1Pod): string {
  return pod.status?.containerStatuses?.[0]?.state?.terminated?.message ?? "";
}
