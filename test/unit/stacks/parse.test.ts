import assert from "node:assert/strict";

import fc from "fast-check";

import { parseEnvironment } from "../../../stacks/spec/parse";

function parse(settings: Record<string, unknown>, secrets: string[] = []) {
  const values = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  return parseEnvironment({ project: "bulkhead", values, secrets: new Set(secrets) });
}

function problems(settings: Record<string, unknown>, secrets: string[] = []): string[] {
  return (parse(settings, secrets).problems ?? []).map((problem) => `${problem.path} ${problem.message}`);
}

const existing = {
  target: "existing",
  cluster: { kubeconfig: "~/.kube/config" },
  pools: [{ name: "a", runtimes: ["gvisor"], nodeLabels: { pool: "a" } }],
};

describe("the stack file", () => {
  it("needs nothing but a target to describe this machine", () => {
    const { environment } = parse({ target: "local" }) as {
      environment: { pools: unknown; tenants: unknown };
    };
    assert.deepEqual(environment.pools, [{ name: "local", runtimes: ["gvisor"] }]);
    assert.deepEqual(environment.tenants, []);
  });

  it("isolates a tenant that says nothing about isolation", () => {
    const parsed = parse({ target: "local", tenants: [{ name: "acme" }] });
    assert.equal(parsed.problems, undefined);
    assert.ok("environment" in parsed);
    assert.equal(parsed.environment.tenants[0]?.isolation, "gvisor");
  });

  const table: [promise: string, settings: Record<string, unknown>, expected: string[]][] = [
    ["names the targets when there is none", {}, ["bulkhead:target is missing. Allowed: existing, local."]],
    [
      "asks back when a value is nearly right",
      { target: "locall" },
      ['bulkhead:target is "locall". Allowed: existing, local. Did you mean "local"?'],
    ],
    [
      "asks back when a setting's name is nearly right",
      { target: "local", tenats: [] },
      [
        "bulkhead:tenats is not a known setting. " +
          'Allowed: target, cluster, pools, runtimes, tenants, shellImage. Did you mean "tenants"?',
      ],
    ],
    [
      "asks back deep inside a list",
      { target: "local", tenants: [{ name: "acme", quota: { cpus: "1" } }] },
      [
        "bulkhead:tenants[0].quota.cpus is not a known setting. " +
          'Allowed: cpu, memory, pods, storage. Did you mean "cpu"?',
      ],
    ],
    [
      "refuses a tenant that would take over a system namespace",
      { target: "local", tenants: [{ name: "kube-system" }] },
      [
        'bulkhead:tenants[0].name is "kube-system", but must be another name: it is also the tenant\'s ' +
          "namespace, and `default`, `kube-…` and `bulkhead-…` belong to the platform.",
      ],
    ],
    [
      "refuses two tenants of one name",
      { target: "local", tenants: [{ name: "acme" }, { name: "acme" }] },
      [
        'bulkhead:tenants[1].name is "acme", which bulkhead:tenants[0] has already. Give each a name of its own.',
      ],
    ],
    [
      "refuses a member that is a user and a group",
      { target: "local", tenants: [{ name: "acme", members: [{ user: "a", group: "b", role: "owner" }] }] },
      [
        'bulkhead:tenants[0].members[0] is {"user":"a","group":"b","role":"owner"}, ' +
          "but must have exactly one of user and group.",
      ],
    ],
    [
      "refuses a runtime that no pool offers, and says what to write",
      { ...existing, tenants: [{ name: "acme", isolation: "kata" }] },
      [
        'bulkhead:tenants[0].isolation is "kata", which no pool offers. ' +
          "Write one that a pool offers (gvisor), or add kata to the runtimes of a pool.",
      ],
    ],
    [
      "refuses Kata on this machine",
      { target: "local", pools: [{ name: "local", runtimes: ["kata"] }] },
      ['bulkhead:pools[0].runtimes[0] is "kata". Allowed: gvisor.'],
    ],
    [
      "refuses a quantity that Kubernetes would not read",
      { target: "local", tenants: [{ name: "acme", quota: { cpu: "2 cores", memory: "0" } }] },
      [
        'bulkhead:tenants[0].quota.cpu is "2 cores", but must be a positive Kubernetes quantity such as `2` or `500m` (vCPU).',
        'bulkhead:tenants[0].quota.memory is "0", but must be a positive Kubernetes quantity such as `512Mi` or `4Gi`.',
      ],
    ],
    [
      "refuses a pool whose nodes can't be told from others",
      { ...existing, pools: [{ name: "a", runtimes: ["gvisor"], nodeLabels: {} }] },
      ["bulkhead:pools[0].nodeLabels is {}, but must hold at least one label."],
    ],
    [
      "wants one way to reach a cluster, not two",
      { ...existing, cluster: {} },
      [
        "bulkhead:cluster is {}, but must have exactly one of kubeconfig (a path, or content as a secret) " +
          "and stack (another stack that outputs one).",
      ],
    ],
  ];
  for (const [promise, settings, expected] of table) {
    it(promise, () => assert.deepEqual(problems(settings), expected));
  }

  it("reports ten mistakes at once, each with its path", () => {
    const paths = (
      parse({
        target: "local",
        clutser: {},
        cluster: { name: "My Cluster" },
        pools: [{ name: "local", runtimes: ["gviser"] }],
        runtimes: { gvisor: { overhead: { cpu: "a lot" } } },
        tenants: [
          { name: "default" },
          { name: "b", isolation: "docker", quota: { pods: "ten" } },
          { name: "b", canary: "yes", members: [{ group: "x", role: "admin" }] },
        ],
      }).problems ?? []
    ).map((problem) => problem.path);
    for (const path of [
      "bulkhead:clutser",
      "bulkhead:cluster.name",
      "bulkhead:pools[0].runtimes[0]",
      "bulkhead:runtimes.gvisor.overhead.cpu",
      "bulkhead:runtimes.gvisor.overhead.memory",
      "bulkhead:tenants[0].name",
      "bulkhead:tenants[1].isolation",
      "bulkhead:tenants[1].quota.pods",
      "bulkhead:tenants[2].name",
      "bulkhead:tenants[2].canary",
      "bulkhead:tenants[2].members[0].role",
    ]) {
      assert.ok(paths.includes(path), `${path} is not among ${paths.join(", ")}`);
    }
  });

  it("never shows a value of a setting that holds a secret", () => {
    const text = problems({ ...existing, cluster: { kubeconfig: "s3cret", context: 7 } }, ["cluster"]).join();
    assert.match(text, /cluster.context is a secret value/);
    assert.doesNotMatch(text, /s3cret|7/);
  });

  it("answers any settings whatever with an environment or with problems, never with a crash", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("local", "existing"),
        fc.dictionary(
          fc.constantFrom("cluster", "pools", "runtimes", "tenants", "shellImage", "other"),
          fc.jsonValue(),
        ),
        (target, settings) => {
          const parsed = parse({ ...settings, target });
          assert.ok(parsed.problems === undefined || parsed.problems.length > 0);
        },
      ),
    );
  });
});
