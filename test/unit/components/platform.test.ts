import assert from "node:assert/strict";

import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { deployPlatform } from "../../../stacks/platform";
import type { Environment } from "../../../stacks/spec/environment";
import { parseEnvironment } from "../../../stacks/spec/parse";
import { type Answer, record, type Recorded } from "../../support/record";

const pool = { name: "a", runtimes: ["gvisor" as const], nodeLabels: { pool: "a" }, taints: [] };

function environment(tenants: unknown[]): Environment {
  const values = { target: "local", tenants: JSON.stringify(tenants) };
  const parsed = parseEnvironment({ project: "bulkhead", values, secrets: new Set() });
  assert.ok(parsed.problems === undefined, JSON.stringify(parsed));
  return parsed.environment;
}

/** A cluster whose sandboxed pods see `bootId`; the node's own boot id is "node". */
function cluster(bootId: string): Answer {
  return ({ type, inputs }) => {
    if (type !== "kubernetes:core/v1:Pod") {
      return {};
    }
    const spec = inputs.spec as { runtimeClassName?: string };
    const message =
      spec.runtimeClassName === undefined
        ? "kernel=6.1\nbootId=node\nnodeBootId=node"
        : `kernel=4.19.0-gvisor\nbootId=${bootId}\ngvisorMessage=Starting gVisor...`;
    return {
      spec: { ...spec, nodeName: "node-1" },
      status: { containerStatuses: [{ state: { terminated: { message } } }] },
    };
  };
}

function names(resources: Recorded[]): string[] {
  return resources
    .filter((resource) => resource.type.startsWith("kubernetes:"))
    .map((resource) => `${resource.type.replace("kubernetes:", "")} ${resource.name}`);
}

const acme = { name: "acme", canary: true, members: [{ group: "ops", role: "owner" }] };

async function deploy(
  mode: { preview: boolean; answer?: Answer },
  tenants: unknown[] = [acme],
): Promise<{ seen: Recorded[]; evidence: pulumi.Output<unknown> }> {
  let evidence: pulumi.Output<unknown> | undefined;
  const seen = await record(mode, () => {
    const provider = new k8s.Provider("cluster", {});
    ({ evidence } = deployPlatform(environment(tenants), [pool], provider));
  });
  assert.ok(evidence);
  return { seen, evidence };
}

function promiseOf<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}

const PLATFORM = [
  "core/v1:Namespace probe-namespace",
  "core/v1:Pod probe-a-control",
  "core/v1:Pod probe-a-gvisor",
  "node.k8s.io/v1:RuntimeClass runtimes-gvisor",
  "rbac.authorization.k8s.io/v1:ClusterRole tenant-roles-developer",
  "rbac.authorization.k8s.io/v1:ClusterRole tenant-roles-owner",
  "rbac.authorization.k8s.io/v1:ClusterRole tenant-roles-viewer",
];
const ACME = [
  "apps/v1:Deployment acme-canary-deployment",
  "core/v1:LimitRange acme-limits",
  "core/v1:Namespace acme-namespace",
  "core/v1:ResourceQuota acme-quota",
  "core/v1:Service acme-canary-service",
  "core/v1:ServiceAccount acme-account",
  "core/v1:ServiceAccountPatch acme-default-account",
  "networking.k8s.io/v1:NetworkPolicy acme-allow-dns",
  "networking.k8s.io/v1:NetworkPolicy acme-allow-within-namespace",
  "networking.k8s.io/v1:NetworkPolicy acme-deny-all",
  "rbac.authorization.k8s.io/v1:RoleBinding acme-owner",
];

describe("the platform", () => {
  for (const preview of [false, true]) {
    it(`registers exactly its objects and the tenant's (${preview ? "first preview" : "update"})`, async () => {
      const { seen } = await deploy({ preview, answer: cluster("sandbox") });
      assert.deepEqual(names(seen).sort(), [...PLATFORM, ...ACME].sort());
    });
  }

  it("gives the evidence of each pool and runtime", async () => {
    const { evidence } = await deploy({ preview: false, answer: cluster("sandbox") });
    assert.deepEqual(await promiseOf(evidence), [
      {
        pool: "a",
        runtime: "gvisor",
        node: "node-1",
        nodeKernel: "6.1",
        nodeBootId: "node",
        kernel: "4.19.0-gvisor",
        bootId: "sandbox",
        gvisorMessage: "Starting gVisor...",
        doubt: "",
      },
    ]);
  });

  it("runs the sandboxed probe on the node of the negative control", async () => {
    const { seen } = await deploy({ preview: false, answer: cluster("sandbox") });
    const spec = seen.find((resource) => resource.name === "probe-a-gvisor")?.inputs.spec;
    assert.match(JSON.stringify(spec), /"key":"metadata.name","operator":"In","values":\["node-1"\]/);
  });

  it("names every object of a tenant after the tenant, and puts all of them into its namespace", async () => {
    const { seen } = await deploy({ preview: false, answer: cluster("sandbox") });
    const tenants = seen.filter((resource) => ACME.some((line) => line.endsWith(` ${resource.name}`)));
    for (const { name, type, inputs } of tenants) {
      const metadata = inputs.metadata as { name: string; namespace?: string };
      assert.ok(name.startsWith("acme-"));
      assert.equal(type.endsWith(":Namespace") ? metadata.name : metadata.namespace, "acme", name);
    }
  });

  it("runs a tenant's pods in the runtime of its isolation level", async () => {
    const { seen } = await deploy({ preview: false, answer: cluster("sandbox") }, [
      acme,
      { name: "tools", isolation: "sharedKernel", canary: true },
    ]);
    const classOf = (name: string) => {
      const deployment = seen.find((resource) => resource.name === `${name}-canary-deployment`);
      const { template } = deployment?.inputs.spec as {
        template: { spec: { runtimeClassName?: string } };
      };
      return template.spec.runtimeClassName;
    };
    assert.equal(classOf("acme"), "gvisor");
    assert.equal(classOf("tools"), undefined);
  });
});
