import {
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type KubernetesObject,
  type V1Node,
} from "@kubernetes/client-node";
import { setTimeout as sleep } from "node:timers/promises";

/** Owner of the fields that we set, in server-side apply. */
const FIELD_MANAGER = "bulkhead-node";
const POLL = 100;

/** What the node does through its own API server, with the administrator's rights. */
export class Cluster {
  private readonly config = new KubeConfig();
  private readonly core: CoreV1Api;

  constructor(kubeconfig: string) {
    this.config.loadFromFile(kubeconfig);
    this.core = this.config.makeApiClient(CoreV1Api);
  }

  /** Creates objects, or brings them back to what they should be. */
  async apply(objects: readonly KubernetesObject[]): Promise<void> {
    const api = KubernetesObjectApi.makeApiClient(this.config);
    for (const object of objects) {
      await api.patch(object, undefined, undefined, FIELD_MANAGER, true, PatchStrategy.ServerSideApply);
    }
  }

  /** Sets labels of a node, and removes those that an earlier call set. */
  async labelNode(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.apply([{ apiVersion: "v1", kind: "Node", metadata: { name, labels: { ...labels } } }]);
  }

  /** Resolves once the node exists and has a range of pod addresses. */
  async nodeRegistered(name: string): Promise<void> {
    await this.nodeIs(name, (node) => node?.spec?.podCIDR !== undefined);
  }

  /** Resolves once the node takes pods. */
  async nodeReady(name: string): Promise<void> {
    await this.nodeIs(name, (node) => isReady(node?.status?.conditions));
  }

  /** Resolves once pods match a selector, and all of them are ready. */
  async podsReady(namespace: string, labelSelector: string): Promise<void> {
    for (;;) {
      const { items } = await this.core.listNamespacedPod({ namespace, labelSelector });
      if (items.length > 0 && items.every((pod) => isReady(pod.status?.conditions))) {
        return;
      }
      await sleep(POLL);
    }
  }

  /**
   * Marks a node and its pods as not ready, as the controller manager does some time after a node has gone.
   * A cluster that comes back still believes what was true when it went, until the kubelet corrects it.
   */
  async forgetReadiness(nodeName: string): Promise<void> {
    const { items } = await this.core.listNode({ fieldSelector: `metadata.name=${nodeName}` });
    if (items.length === 0) {
      return;
    }
    const reason = "NodeRestarted";
    const options = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
    const notReady = { status: { conditions: [{ type: "Ready", status: "False", reason }] } };
    await this.core.patchNodeStatus({ name: nodeName, body: notReady }, options);
    const pods = await this.core.listPodForAllNamespaces({ fieldSelector: `spec.nodeName=${nodeName}` });
    for (const { metadata } of pods.items) {
      const [name, namespace] = [metadata?.name ?? "", metadata?.namespace ?? ""];
      await this.core.patchNamespacedPodStatus({ name, namespace, body: notReady }, options);
    }
  }

  private async nodeIs(name: string, accepted: (node: V1Node | undefined) => boolean): Promise<void> {
    for (;;) {
      const { items } = await this.core.listNode({ fieldSelector: `metadata.name=${name}` });
      if (accepted(items[0])) {
        return;
      }
      await sleep(POLL);
    }
  }
}

function isReady(conditions: readonly { type: string; status: string }[] | undefined): boolean {
  return conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
}
