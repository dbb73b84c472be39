import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";

import { EngineProject } from "../support/engine";

const kubeconfig = `
apiVersion: v1
kind: Config
current-context: here
contexts: [{ name: here, context: { cluster: one, user: admin } }]
clusters: [{ name: one, cluster: { server: "https://192.0.2.1:6443" } }]
users: [{ name: admin, user: { token: t0ps3cret } }]
`;

const pools = [{ name: "a", runtimes: ["gvisor"], nodeLabels: { pool: "a" } }];
const tenants = [{ name: "acme", canary: true }];

describe("an environment under the real engine", () => {
  let project: EngineProject;
  let settings: Record<string, unknown>;

  before(async function () {
    this.timeout(0);
    project = await EngineProject.make("simulated");
    const file = project.file("kubeconfig");
    await writeFile(file, kubeconfig);
    settings = { target: "existing", cluster: { kubeconfig: file }, pools, tenants };
  });
  after(() => project.remove());

  it("names every problem of its stack file, without a stack trace, and makes nothing", async () => {
    await project.stack("wrong", {
      ...settings,
      tenats: [],
      tenants: [{ name: "acme", isolation: "docker" }],
    });
    const { exitCode, stdout, stderr } = await project.on("wrong", ["up", "--yes", "--skip-preview"]);
    assert.notEqual(exitCode, 0);
    const text = stdout + stderr;
    assert.match(text, /Pulumi\.wrong\.yaml has 2 problems:/);
    assert.match(
      text,
      /bulkhead:tenants\[0\]\.isolation is "docker"\. Allowed: gvisor, kata, sharedKernel\./,
    );
    assert.match(text, /bulkhead:tenats is not a known setting\..*Did you mean "tenants"\?/);
    assert.doesNotMatch(text, /^\s+at .*\.[jt]s:\d+/m);
    assert.doesNotMatch(text, /\+ [1-9]\d* created.*Namespace/);
  });

  it("names a kubeconfig that can't be read, with its path in the stack file", async () => {
    await project.stack("lost", { ...settings, cluster: { kubeconfig: "/no/such/file" } });
    const { exitCode, stdout, stderr } = await project.on("lost", ["preview"]);
    assert.notEqual(exitCode, 0);
    assert.match(
      stdout + stderr,
      /bulkhead:cluster\.kubeconfig is "\/no\/such\/file", which cannot be read \(ENOENT\)/,
    );
  });

  it("shows in its first preview, when nothing exists, just what the update then makes", async () => {
    await project.stack("first", settings);
    const preview = await project.on("first", ["preview", "--json"]);
    const { steps } = JSON.parse(preview.stdout) as { steps: { op: string; urn: string }[] };
    const planned = steps.filter((step) => step.op === "create").map((step) => step.urn);
    const up = await project.on("first", ["up", "--yes", "--skip-preview"]);
    assert.equal(up.exitCode, 0, up.stdout + up.stderr);
    const { stdout } = await project.pulumi(["stack", "export", "--stack", "first"]);
    const { deployment } = JSON.parse(stdout) as { deployment: { resources: { urn: string }[] } };
    const made = deployment.resources.map((resource) => resource.urn);
    assert.deepEqual(planned.sort(), made.sort());
  });

  it("changes nothing when it is brought up again", async () => {
    const { stdout, exitCode } = await project.on("first", [
      "up",
      "--yes",
      "--skip-preview",
      "--expect-no-changes",
    ]);
    assert.equal(exitCode, 0, stdout);
    assert.doesNotMatch(stdout, /(created|updated|deleted|replaced)\n/);
  });

  it("gives its evidence as a stack output", async () => {
    const { stdout } = await project.pulumi(["stack", "output", "--json", "--stack", "first"]);
    const { evidence } = JSON.parse(stdout) as { evidence: Record<string, string>[] };
    assert.deepEqual(
      evidence.map(({ pool, runtime, bootId, nodeBootId, doubt }) => ({
        pool,
        runtime,
        bootId,
        nodeBootId,
        doubt,
      })),
      [{ pool: "a", runtime: "gvisor", bootId: "sandbox", nodeBootId: "node", doubt: "" }],
    );
  });

  it("fails when a pod shares the node's kernel, says which and what was seen, and makes no tenant", async () => {
    await project.stack("shared", settings);
    const { exitCode, stdout, stderr } = await project.on("shared", ["up", "--yes", "--skip-preview"], {
      SIMULATED_BOOT_ID: "node",
    });
    assert.notEqual(exitCode, 0);
    const text = stdout + stderr;
    assert.match(
      text,
      /error: Pool "a" does not isolate with runtime "gvisor": on node node-1 the pod shares the node's kernel: both have boot id node/,
    );
    assert.doesNotMatch(text, /^\s+at .*\.[jt]s:\d+/m);
    assert.doesNotMatch(text, /acme-namespace|acme-canary/);
  });

  it("goes on where it failed, once the pods are proven again as the message says", async () => {
    const { exitCode, stdout } = await project.on("shared", [
      "up",
      "--yes",
      "--skip-preview",
      "--replace",
      "**IsolationProbe$kubernetes:core/v1:Pod**",
    ]);
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /acme-namespace created/);
  });

  it("keeps a kubeconfig that is given as a secret out of its state, its plan and every message", async () => {
    await project.stack("secret", { ...settings, cluster: {} });
    await project.on("secret", [
      "config",
      "set",
      "--secret",
      "--path",
      "bulkhead:cluster.kubeconfig",
      kubeconfig,
    ]);
    const preview = await project.on("secret", ["preview", "--json"]);
    const up = await project.on("secret", ["up", "--yes"]);
    assert.equal(up.exitCode, 0, up.stdout + up.stderr);
    const state = await project.pulumi(["stack", "export", "--stack", "secret"]);
    for (const text of [preview.stdout, up.stdout, up.stderr, state.stdout]) {
      assert.doesNotMatch(text, /t0ps3cret/);
    }
  });

  describe("on a cluster that another stack made", () => {
    const other = { cluster: { stack: "organization/bulkhead/secret" }, tenants: [] };

    async function outputOfOther(output: unknown): Promise<void> {
      const { stdout } = await project.pulumi(["stack", "export", "--stack", "secret"]);
      const exported = JSON.parse(stdout) as {
        deployment: { resources: { type: string; outputs: object }[] };
      };
      const stack = exported.deployment.resources.find((resource) => resource.type === "pulumi:pulumi:Stack");
      assert.ok(stack);
      stack.outputs = { kubeconfig: output };
      await writeFile(project.file("other.json"), JSON.stringify(exported));
      await project.pulumi(["stack", "import", "--stack", "secret", "--file", project.file("other.json")]);
    }

    it("takes the kubeconfig from that stack's output, and keeps it secret", async () => {
      // How the engine writes a secret into an exported state.
      const plaintext = JSON.stringify(kubeconfig);
      await outputOfOther({
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        plaintext,
      });
      await project.stack("referring", { ...settings, ...other });
      const up = await project.on("referring", ["up", "--yes", "--skip-preview"]);
      assert.equal(up.exitCode, 0, up.stdout + up.stderr);
      assert.doesNotMatch(up.stdout, /is not a secret/);
      const state = await project.pulumi(["stack", "export", "--stack", "referring"]);
      assert.doesNotMatch(state.stdout, /t0ps3cret/);
    });

    it("warns when that output is not a secret", async () => {
      await outputOfOther(kubeconfig);
      const preview = await project.on("referring", ["preview"]);
      assert.match(
        preview.stdout,
        /output "kubeconfig" of stack organization\/bulkhead\/secret is not a secret/,
      );
    });
  });
});
