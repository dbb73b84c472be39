import assert from "node:assert/strict";
import * as https from "node:https";
import { KubeConfig, KubernetesObjectApi, type KubernetesObject } from "@kubernetes/client-node";
import { controlPlane } from "./control-plane";

/** Any object, as the API server gives it. */
export type Thing = KubernetesObject & Record<string, unknown>;

/** The tests' own hands in the real API server, apart from the stand-in: they set things up, and look. */
export class Hands {
  private readonly api: KubernetesObjectApi;
  private count = 0;

  private readonly config = new KubeConfig();

  private constructor(readonly kubeconfig: string) {
    this.config.loadFromFile(kubeconfig);
    this.api = KubernetesObjectApi.makeApiClient(this.config);
  }

  static async make(): Promise<Hands> {
    return new Hands((await controlPlane()).kubeconfig);
  }

  /** A new namespace, named after the test. */
  async namespace(prefix: string, labels: Record<string, string> = {}): Promise<string> {
    const name = `${prefix}-${process.pid}-${Date.now().toString(36)}${this.count++}`;
    await this.create({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
    await this.appears("v1", "ServiceAccount", "default", name); // without it, pods are refused for another reason
    return name;
  }

  create(object: KubernetesObject | Record<string, unknown>): Promise<Thing> {
    return this.api.create<Thing>(object as Thing);
  }

  get(apiVersion: string, kind: string, name: string, namespace = ""): Promise<Thing> {
    return this.api.read<Thing>({ apiVersion, kind, metadata: { name, namespace } });
  }

  /** The object, once it is there. */
  async appears(apiVersion: string, kind: string, name: string, namespace = ""): Promise<Thing> {
    for (;;) {
      try {
        return await this.get(apiVersion, kind, name, namespace);
      } catch (error) {
        if (!/404/.test(String(error))) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async exists(apiVersion: string, kind: string, name: string, namespace = ""): Promise<boolean> {
    return this.get(apiVersion, kind, name, namespace).then(
      () => true,
      (error: unknown) => {
        if (/404/.test(String(error))) return false;
        throw error;
      },
    );
  }

  /** Changes an object by a merge patch, as `kubectl edit` would, or as another field manager. */
  change(object: Thing, patch: Record<string, unknown>, manager = "kubectl-edit"): Promise<Thing> {
    const { apiVersion, kind } = object;
    const metadata = { name: object.metadata?.name ?? "", namespace: object.metadata?.namespace ?? "" };
    const body = { apiVersion, kind, ...patch, metadata: { ...metadata, ...(patch["metadata"] ?? {}) } };
    const type = "application/merge-patch+json";
    return this.api.patch(body, undefined, undefined, manager, undefined, type);
  }

  /** Writes an object's status, as its controller or the kubelet would. */
  async status(object: Thing, status: object): Promise<void> {
    const { apiVersion = "", kind = "", metadata } = object;
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const collection = `${root}/namespaces/${metadata?.namespace ?? ""}/${kind.toLowerCase()}s`;
    const options: https.RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    options.method = "PATCH";
    options.headers = { ...options.headers, "content-type": "application/merge-patch+json" };
    const server = this.config.getCurrentCluster()?.server ?? "";
    await new Promise<void>((resolve, reject) => {
      const sent = https.request(
        `${server}${collection}/${metadata?.name ?? ""}/status`,
        options,
        (answer) => {
          answer.resume();
          answer.on("end", () =>
            answer.statusCode === 200 ? resolve() : reject(new Error(`status: ${answer.statusCode}`)),
          );
        },
      );
      sent.on("error", reject);
      sent.end(JSON.stringify({ status }));
    });
  }

  /** The objects of a kind in a namespace, once there are any. */
  async some(apiVersion: string, kind: string, namespace: string): Promise<Thing[]> {
    for (;;) {
      const found = await this.list(apiVersion, kind, namespace);
      if (found.length > 0) return found.map((item) => ({ ...item, apiVersion, kind }));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async delete(object: Thing): Promise<void> {
    await this.api.delete(object);
  }

  list(apiVersion: string, kind: string, namespace: string): Promise<Thing[]> {
    return this.api.list(apiVersion, kind, namespace).then(({ items }) => items as Thing[]);
  }
}

/** The status of a pod that runs. */
export const podReady = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };

/** The status of a pod whose container "c" ended with code 3. */
export const podFailed = {
  phase: "Failed",
  containerStatuses: [
    {
      name: "c",
      image: "x",
      imageID: "",
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode: 3, reason: "Error", message: "the disk is full" } },
    },
  ],
};

/**
 * Sees that an update that has begun waits for an object, writes the object's status, and answers with the update.
 */
export async function whileWaiting<T>(
  hands: Hands,
  update: Promise<T>,
  [apiVersion, kind, name, namespace]: [string, string, string, string],
  status: object,
): Promise<T> {
  let done = false;
  update.then(
    () => (done = true),
    () => (done = true), // looked at by the caller
  );
  const live = await hands.appears(apiVersion, kind, name, namespace);
  assert.equal(done, false, "the update waits");
  await hands.status(live, status);
  return update;
}
