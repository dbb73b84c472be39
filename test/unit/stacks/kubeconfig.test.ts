import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { inspectKubeconfig } from "../../../stacks/kubeconfig";

const content = `
apiVersion: v1
kind: Config
current-context: here
contexts:
  - { name: here, context: { cluster: one, user: admin } }
  - { name: lost, context: { cluster: none, user: admin } }
clusters:
  - { name: one, cluster: { server: "https://192.0.2.1:6443" } }
users:
  - { name: admin, user: { token: t0ps3cret } }
`;

describe("a kubeconfig", () => {
  it("gives the server of its current context, from content or from a file", () => {
    assert.deepEqual(inspectKubeconfig(content), { server: "https://192.0.2.1:6443" });
    const dir = mkdtempSync(join(tmpdir(), "kubeconfig-"));
    try {
      writeFileSync(join(dir, "config"), content);
      assert.deepEqual(inspectKubeconfig(join(dir, "config")), { server: "https://192.0.2.1:6443" });
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  const refusals: [promise: string, given: string, context: string | undefined, expected: RegExp][] = [
    ["that can't be read is named with the reason", "/no/such/file", undefined, /"\/no\/such\/file".*ENOENT/],
    ["without the wanted context lists those it has", content, "there", /no context "there".*here, lost/],
    ["whose context names no cluster says so", content, "lost", /no cluster "none".*"lost"/],
    ["that is something else is refused", "a: b\nc: d", undefined, /not a kubeconfig/],
    ["that is not even YAML is refused", "{\n[", undefined, /not a kubeconfig/],
  ];
  for (const [promise, given, context, expected] of refusals) {
    it(promise, () => {
      const { problem } = inspectKubeconfig(given, context) as { problem: string };
      assert.match(problem, expected);
      assert.doesNotMatch(problem, /t0ps3cret/);
    });
  }
});
