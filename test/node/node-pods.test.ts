import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { BUSYBOX_IMAGE } from "../../local/node/node-images";
import { testNode, type TestNode } from "../support/node";
import { eventually } from "../support/kubectl";
import { ask, namespace, webPod, webService } from "../support/pods";

const NAMESPACE = "node-pods";
const RUNTIME_CLASS = "node-pods";
const PODS = ["plain", "boxed"];

describe("pods of the node", () => {
  let node: TestNode;
  const sh = (pod: string, command: string): Promise<string> => node.kubectl.sh(NAMESPACE, pod, command);

  before(async function () {
    this.timeout(0);
    node = await testNode();
    await node.kubectl.apply(
      {
        apiVersion: "node.k8s.io/v1",
        kind: "RuntimeClass",
        metadata: { name: RUNTIME_CLASS },
        handler: "runsc",
        overhead: { podFixed: { cpu: "50m", memory: "64Mi" } },
      },
      namespace(NAMESPACE),
    );
    await eventually("a namespace gets its service account", async () =>
      (await node.kubectl("-n", NAMESPACE, "get", "serviceaccounts", "-o", "name")).includes("default"),
    );
    await node.kubectl.apply(
      webPod(NAMESPACE, "plain"),
      webPod(NAMESPACE, "boxed", RUNTIME_CLASS),
      ...PODS.map((pod) => webService(NAMESPACE, pod)),
    );
    await node.kubectl.podsReady(NAMESPACE);
  });

  after(async function () {
    this.timeout(60_000);
    await node.kubectl("delete", "namespace", NAMESPACE, "--wait=false");
    await node.kubectl("delete", "runtimeclass", RUNTIME_CLASS);
  });

  beforeEach(function () {
    this.timeout(30_000);
  });

  it("share the kernel of the machine with runc", async () => {
    const machine = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    assert.equal(await sh("plain", "cat /proc/sys/kernel/random/boot_id"), machine);
  });

  it("have a kernel of their own with gVisor", async () => {
    const machine = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    assert.notEqual(await sh("boxed", "cat /proc/sys/kernel/random/boot_id"), machine);
    assert.match(await sh("boxed", "dmesg"), /Starting gVisor/);
  });

  it("can be told which handlers the node serves", async () => {
    const handlers = await node.kubectl(
      "get",
      "node",
      node.nodeName,
      "-o",
      "jsonpath={.status.runtimeHandlers[*].name}",
    );
    assert.deepEqual(handlers.trim().split(/\s+/).sort(), ["runc", "runsc"]);
  });

  it("are placed by the labels that the node was started with", async () => {
    const selected = await node.kubectl("get", "nodes", "-l", "bulkhead.dev/pool=local", "-o", "name");
    assert.equal(selected.trim(), `node/${node.nodeName}`);
  });

  for (const [runtime, pod] of [
    ["runc", hog("hog-plain")],
    ["gVisor", hog("hog-boxed", RUNTIME_CLASS)],
  ] as const) {
    it(`are held to their memory limit with ${runtime}`, async () => {
      await node.kubectl.apply(pod);
      const { name } = pod.metadata;
      const reason = "jsonpath={.status.containerStatuses[0].state.terminated.reason}";
      await eventually("a pod that wants more is ended", async () =>
        (await node.kubectl("-n", NAMESPACE, "get", "pod", name, "-o", reason)).includes("OOMKilled"),
      );
    });
  }

  for (const from of PODS) {
    for (const to of PODS) {
      it(`reach a Service by its name: from ${from} to ${to}`, async () => {
        const answer = await sh(from, ask(`${to}.${NAMESPACE}.svc.cluster.local`));
        assert.equal(answer, `hello from ${to}\n`);
      });
    }

    it(`reach the API server at its Service: from ${from}`, async () => {
      // Busybox can't speak TLS with it; but the API server has words for that.
      const answer = await sh(from, "echo GET / HTTP/1.0 | nc -w 3 kubernetes.default.svc 443");
      assert.match(answer, /Client sent an HTTP request to an HTTPS server/);
    });

    it(`learn at once that a name outside of the cluster does not exist: from ${from}`, async () => {
      await assert.rejects(sh(from, "nslookup example.com"), /NXDOMAIN/);
    });

    it(`have logs: ${from}`, async () => {
      assert.equal(await node.kubectl("-n", NAMESPACE, "logs", from), "serving\n");
    });
  }
});

/** A pod that may have 64 MiB, and that takes some first, and then more than that. */
function hog(name: string, runtimeClassName?: string): { metadata: { name: string } } {
  const take = (size: string): string => `dd if=/dev/zero of=/dev/null bs=${size} count=1`;
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      ...(runtimeClassName !== undefined && { runtimeClassName }),
      restartPolicy: "Never",
      containers: [
        {
          name: "main",
          image: BUSYBOX_IMAGE,
          command: ["sh", "-c", `${take("16M")} && exec ${take("300M")}`],
          resources: { limits: { memory: "64Mi" } },
        },
      ],
    },
  };
  return pod;
}
