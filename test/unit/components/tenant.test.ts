import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { Tenant, type TenantArgs, TenantRole, tenantRoleRules } from "../../../components";
import { record } from "../../support/record";

async function tenant(args: Omit<TenantArgs, "tenant"> = {}) {
  const seen = await record({ preview: false }, () => {
    new Tenant("acme", { tenant: "acme", ...args });
  });
  return (name: string) => {
    const resource = seen.find((candidate) => candidate.name === name);
    assert.ok(resource, `${name} is not among ${seen.map((candidate) => candidate.name).join(", ")}`);
    return resource.inputs as Record<string, Record<string, unknown>>;
  };
}

describe("a tenant that gives no options", () => {
  it("is held to Pod Security level restricted in every mode, of a pinned version", async () => {
    const of = await tenant();
    const labels = of("acme-namespace").metadata?.labels as Record<string, string>;
    for (const mode of ["enforce", "audit", "warn"]) {
      assert.equal(labels[`pod-security.kubernetes.io/${mode}`], "restricted");
      assert.match(labels[`pod-security.kubernetes.io/${mode}-version`] ?? "", /^v1\.\d+$/);
    }
  });

  it("has a quota on CPU, memory, storage and pods, and no way in around its network policies", async () => {
    const of = await tenant();
    const hard = of("acme-quota").spec?.hard as Record<string, string>;
    for (const key of [
      "requests.cpu",
      "limits.cpu",
      "requests.memory",
      "limits.memory",
      "requests.storage",
    ]) {
      assert.notEqual(hard[key], undefined, key);
    }
    assert.equal(hard.pods, "20");
    assert.equal(hard["services.nodeports"], "0");
    assert.equal(hard["services.loadbalancers"], "0");
  });

  it("gives containers both requests and limits", async () => {
    const of = await tenant();
    const [limit] = of("acme-limits").spec?.limits as { default: object; defaultRequest: object }[];
    assert.deepEqual(Object.keys(limit?.default ?? {}), ["cpu", "memory"]);
    assert.deepEqual(Object.keys(limit?.defaultRequest ?? {}), ["cpu", "memory"]);
  });

  it("denies all traffic but DNS and its own namespace", async () => {
    const of = await tenant();
    assert.deepEqual(of("acme-deny-all").spec, { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    assert.deepEqual(of("acme-allow-within-namespace").spec?.ingress, [{ from: [{ podSelector: {} }] }]);
    assert.doesNotMatch(JSON.stringify(of("acme-allow-dns").spec), /ipBlock/);
  });

  it("mounts no API token by default", async () => {
    const of = await tenant();
    assert.equal(of("acme-account").automountServiceAccountToken, false);
    assert.equal(of("acme-default-account").automountServiceAccountToken, false);
  });
});

describe("members of a tenant", () => {
  it("are bound to the role they were given, and to no other", async () => {
    const of = await tenant({
      members: [
        { user: "ada", role: "owner" },
        { group: "devs", role: "developer" },
        { user: "bob", role: "developer" },
      ],
    });
    assert.equal(of("acme-developer").roleRef?.name, "bulkhead-tenant-developer");
    assert.deepEqual(
      (of("acme-developer").subjects as unknown as { kind: string; name: string }[]).map((s) => [
        s.kind,
        s.name,
      ]),
      [
        ["Group", "devs"],
        ["User", "bob"],
      ],
    );
    assert.throws(() => of("acme-viewer"));
  });

  it("must be exactly one of user and group, and every wrong one is named", async () => {
    await record({ preview: false }, () => {
      assert.throws(
        () =>
          new Tenant("acme", {
            tenant: "acme",
            members: [{ role: "owner" }, { user: "a", group: "b", role: "owner" }],
          }),
        (error) =>
          pulumi.InputPropertiesError.isInstance(error) &&
          JSON.stringify(error).includes("members[0]") &&
          JSON.stringify(error).includes("members[1]"),
      );
    });
  });
});

describe("the roles of a tenant", () => {
  const grants = (role: TenantRole, resource: string) =>
    tenantRoleRules[role].filter((rule) => rule.resources.includes(resource)).flatMap((rule) => rule.verbs);

  for (const role of Object.values(TenantRole)) {
    it(`let a ${role} neither escalate, nor write what frames the tenant, nor mint tokens, nor use proxies`, () => {
      const rules = tenantRoleRules[role];
      assert.ok(
        rules.every((rule) => ["escalate", "bind", "impersonate", "*"].every((v) => !rule.verbs.includes(v))),
      );
      assert.ok(rules.every((rule) => [...rule.resources, ...rule.apiGroups].every((name) => name !== "*")));
      for (const resource of ["resourcequotas", "limitranges", "networkpolicies", "serviceaccounts"]) {
        assert.deepEqual(grants(role, resource), ["get", "list", "watch"], resource);
      }
      for (const resource of [
        "serviceaccounts/token",
        "pods/proxy",
        "services/proxy",
        "rolebindings",
        "nodes",
      ]) {
        assert.deepEqual(grants(role, resource), [], resource);
      }
    });
  }

  it("let a viewer change nothing, open no shell and read no Secret", () => {
    const verbs = new Set(tenantRoleRules.viewer.flatMap((rule) => rule.verbs));
    assert.deepEqual([...verbs].sort(), ["get", "list", "watch"]);
    assert.deepEqual(grants("viewer", "pods/exec"), []);
    assert.deepEqual(grants("viewer", "secrets"), []);
  });

  it("keep Secrets from developers", () => {
    assert.deepEqual(grants("developer", "secrets"), []);
    assert.ok(grants("owner", "secrets").includes("get"));
  });
});
