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
/** Milliseconds between two looks, and until it is clear that something is wrong. */
const POLL = 100;
const PATIENCE = 120_000;

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
    await this.nodeIs("registered", name, (node) => node?.spec?.podCIDR !== undefined);
  }

  /** Resolves once the node takes pods. */
  async nodeReady(name: string): Promise<void> {
    await this.nodeIs("ready", name, (node) => isReady(node?.status?.conditions));
  }

  /** Resolves once pods match a selector, and all of them are ready. */
  async podsReady(namespace: string, labelSelector: string): Promise<void> {
    await until(`the pods ${labelSelector} are ready`, async () => {
      const { items } = await this.core.listNamespacedPod({ namespace, labelSelector });
      return items.length > 0 && items.every((pod) => isReady(pod.status?.conditions));
    });
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

  private async nodeIs(
    what: string,
    name: string,
    accepted: (node: V1Node | undefined) => boolean,
  ): Promise<void> {
    await until(`the node ${name} is ${what}`, async () => {
      const { items } = await this.core.listNode({ fieldSelector: `metadata.name=${name}` });
      return accepted(items[0]);
    });
  }
}

/** @throws Error when it does not hold in time */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await holds())) {
    if (Date.now() > deadline) {
      throw new Error(`after ${PATIENCE / 1000} s it still does not hold that ${what}`);
    }
    await sleep(POLL);
  }
}

function isReady(conditions: readonly { type: string; status: string }[] | undefined): boolean {
  return conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
}
