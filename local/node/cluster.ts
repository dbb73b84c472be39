import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
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

  constructor(kubeconfig: string) {
    this.config.loadFromFile(kubeconfig);
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
    await this.nodeIs(
      name,
      (node) =>
        node?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true,
    );
  }

  /** Resolves once all pods of a deployment are ready. */
  async deploymentReady(namespace: string, name: string): Promise<void> {
    const api = this.config.makeApiClient(AppsV1Api);
    for (;;) {
      const { metadata, spec, status } = await api.readNamespacedDeployment({ namespace, name });
      const observed = status?.observedGeneration === metadata?.generation;
      if (observed && status?.readyReplicas === spec?.replicas) {
        return;
      }
      await sleep(POLL);
    }
  }

  private async nodeIs(name: string, accepted: (node: V1Node | undefined) => boolean): Promise<void> {
    const api = this.config.makeApiClient(CoreV1Api);
    for (;;) {
      const { items } = await api.listNode({ fieldSelector: `metadata.name=${name}` });
      if (accepted(items[0])) {
        return;
      }
      await sleep(POLL);
    }
  }
}
