import assert from "node:assert/strict";

import { BUSYBOX_IMAGE } from "../../local/node/node-images";
import { EngineProject } from "../support/engine";
import { eventually } from "../support/kubectl";
import { type TestNode, testNode } from "../support/node";

const UP = ["up", "--yes", "--skip-preview"];
const ASK = (tenant: string) => `timeout 3 wget -q -O - http://canary.${tenant}.svc.cluster.local:8080/`;

describe("the dev stack's tenants on a real node", () => {
  let node: TestNode;
  let project: EngineProject;
  let settings: Record<string, unknown>;
  let nodeBootId: string;

  before(async function () {
    this.timeout(0);
    node = await testNode();
    project = await EngineProject.make("stand-in");
    settings = {
      target: "existing",
      cluster: { kubeconfig: node.kubeconfig },
      pools: [{ name: "local", runtimes: ["gvisor"], nodeLabels: { "bulkhead.dev/pool": "local" } }],
      shellImage: BUSYBOX_IMAGE,
      tenants: [
        { name: "acme", canary: true, members: [{ group: "acme-devs", role: "developer" }] },
        { name: "globex", canary: true, quota: { cpu: "1", memory: "512Mi", pods: 2 } },
        { name: "tools", isolation: "sharedKernel", canary: true },
      ],
    };
    const bootId = "jsonpath={.items[0].status.nodeInfo.bootID}";
    nodeBootId = await node.kubectl("get", "nodes", "-o", bootId);
    await project.stack("tenants", settings);
  });

  after(async function () {
    this.timeout("180s");
    const { exitCode, stdout } = await project.on("tenants", ["destroy", "--yes", "--skip-preview"]);
    await project.remove();
    assert.equal(exitCode, 0, stdout);
  });

  it("are not made when the handler behind a RuntimeClass is really runc, and the message says so", async () => {
    await project.stack("tenants", { ...settings, runtimes: { gvisor: { handler: "runc" } } });
    const { exitCode, stdout, stderr } = await project.on("tenants", UP);
    assert.notEqual(exitCode, 0);
    assert.match(
      stdout + stderr,
      new RegExp(
        `Pool "local" does not isolate with runtime "gvisor": on node ${node.nodeName} ` +
          `the pod shares the node's kernel: both have boot id ${nodeBootId}`,
      ),
    );
    const tenants = await node.kubectl("get", "namespaces", "-l", "bulkhead.dev/tenant", "-o", "name");
    assert.equal(tenants, "");
  });

  it("come up once the handler is mended, each pod on a kernel as its isolation level says", async () => {
    await project.stack("tenants", settings);
    const { exitCode, stdout } = await project.on("tenants", UP);
    assert.equal(exitCode, 0, stdout);
    const seen = await Promise.all(
      ["acme", "globex", "tools"].map((tenant) =>
        node.kubectl.sh(tenant, "deploy/canary", "cat /proc/sys/kernel/random/boot_id; dmesg | head -n 1"),
      ),
    );
    const [acme = "", globex = "", tools = ""] = seen;
    assert.match(acme, /Starting gVisor/);
    assert.match(globex, /Starting gVisor/);
    assert.ok(!acme.includes(nodeBootId) && !globex.includes(nodeBootId));
    assert.notEqual(acme, globex);
    assert.ok(tools.includes(nodeBootId));
  });

  it("leave evidence of the probe as a stack output, which agrees with what the kubelet says of the node", async () => {
    const { stdout } = await project.pulumi(["stack", "output", "--json", "--stack", "tenants"]);
    const { evidence } = JSON.parse(stdout) as { evidence: Record<string, string>[] };
    assert.equal(evidence.length, 1);
    assert.equal(evidence[0]?.nodeBootId, nodeBootId);
    assert.notEqual(evidence[0]?.bootId, nodeBootId);
    assert.equal(evidence[0]?.doubt, "");
  });

  it("change nothing when they are brought up again", async () => {
    const { exitCode, stdout } = await project.on("tenants", [...UP, "--expect-no-changes"]);
    assert.equal(exitCode, 0, stdout);
  });

  it("answer over their Service to their own pods, and to no other tenant's", async () => {
    for (const tenant of ["acme", "globex", "tools"]) {
      assert.match(await node.kubectl.sh(tenant, "deploy/canary", ASK(tenant)), /bootId=/);
    }
    await eventually(
      "acme can't reach globex",
      async () => !(await node.kubectl.succeeds("acme", "deploy/canary", ASK("globex"))),
    );
    assert.ok(!(await node.kubectl.succeeds("tools", "deploy/canary", ASK("acme"))));
  });

  it("reach neither the API server nor the node", async () => {
    for (const address of [
      "kubernetes.default.svc.cluster.local 443",
      `${new URL(node.url).hostname} 6443`,
    ]) {
      assert.ok(
        !(await node.kubectl.succeeds("acme", "deploy/canary", `timeout 3 nc ${address} </dev/null`)),
        address,
      );
    }
  });

  it("hold no API token", async () => {
    assert.ok(!(await node.kubectl.succeeds("acme", "deploy/canary", "ls /var/run/secrets/kubernetes.io")));
  });

  it("are refused pods that are not restricted, or beyond their quota", async () => {
    const pod = (security: object, cpu: string) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "guest", namespace: "globex" },
      spec: {
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name: "guest",
            image: BUSYBOX_IMAGE,
            resources: { limits: { cpu, memory: "16Mi" }, requests: { cpu, memory: "16Mi" } },
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ["ALL"] },
              ...security,
            },
          },
        ],
      },
    });
    await assert.rejects(
      node.kubectl.apply(pod({ allowPrivilegeEscalation: true }, "10m")),
      /violates PodSecurity "restricted:v1.34"/,
    );
    await assert.rejects(node.kubectl.apply(pod({}, "2")), /exceeded quota: bulkhead-quota/);
    await node.kubectl.apply(pod({}, "10m"));
    await node.kubectl("delete", "pod", "guest", "--namespace", "globex", "--wait=false");
  });

  it("give a member just what the member's role says", async () => {
    const can = async (verb: string, resource: string, namespace = "acme") =>
      (
        await node
          .kubectl("auth", "can-i", verb, resource, "-n", namespace, "--as=dev", "--as-group=acme-devs")
          .catch((refused: Error) => refused.message)
      ).includes("yes");
    for (const [verb, resource] of [
      ["create", "deployments.apps"],
      ["create", "pods/exec"],
      ["get", "resourcequotas"],
    ] as const) {
      assert.ok(await can(verb, resource), `${verb} ${resource}`);
    }
    for (const [verb, resource] of [
      ["get", "secrets"],
      ["update", "resourcequotas"],
      ["delete", "networkpolicies.networking.k8s.io"],
      ["create", "rolebindings.rbac.authorization.k8s.io"],
      ["impersonate", "serviceaccounts"],
      ["patch", "namespaces"],
    ] as const) {
      assert.ok(!(await can(verb, resource)), `${verb} ${resource}`);
    }
    assert.ok(!(await can("list", "pods", "globex")));
  });
});
