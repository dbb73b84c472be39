import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { controlPlane } from "../support/control-plane";

describe("the control plane", () => {
  let api: CoreV1Api;
  let file: string;

  before(async function () {
    this.timeout(0);
    file = (await controlPlane()).kubeconfig;
    const config = new KubeConfig();
    config.loadFromFile(file);
    api = config.makeApiClient(CoreV1Api);
  });

  it("keeps its administrator's kubeconfig from other users", async () => {
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it("runs controllers: a new namespace gets its service account", async function () {
    this.timeout(60_000);
    const name = "control-plane-controllers";
    await api.createNamespace({ body: { metadata: { name } } });
    for (;;) {
      const { items } = await api.listNamespacedServiceAccount({ namespace: name });
      if (items.some((account) => account.metadata?.name === "default")) {
        return;
      }
    }
  });

  it("admits pods by the Pod Security level of their namespace", async () => {
    const name = "control-plane-restricted";
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    await api.createNamespace({ body: { metadata: { name, labels } } });
    await assert.rejects(
      api.createNamespacedPod({
        namespace: name,
        body: {
          metadata: { name: "privileged" },
          spec: { containers: [{ name: "main", image: "none", securityContext: { privileged: true } }] },
        },
      }),
      /violates PodSecurity/,
    );
  });

  it("lets nobody in without a certificate or token", async () => {
    const config = new KubeConfig();
    config.loadFromFile(file);
    const cluster = config.getCurrentCluster();
    assert(cluster);
    const stranger = new KubeConfig();
    stranger.loadFromClusterAndUser(cluster, { name: "stranger" });
    await assert.rejects(stranger.makeApiClient(CoreV1Api).listNamespace(), /401/);
  });
});
