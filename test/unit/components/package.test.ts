import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { x } from "tinyexec";

const root = join(__dirname, "..", "..", "..");

describe("the component package", () => {
  it("can be offered to every Pulumi language: the analyzer accepts each component", function () {
    this.timeout("120s");
    const names = new Set(["IsolationProbe", "RuntimeClasses", "Tenant", "TenantCanary", "TenantRoles"]);
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { name: string };
    const { components } = new Analyzer(root, manifest.name, manifest, names).analyze();
    assert.deepEqual(Object.keys(components).sort(), [...names].sort());
  });

  it("exports no component that this test does not know", async () => {
    const exported = (await import("../../../components/index.js")) as Record<string, unknown>;
    const components = Object.entries(exported)
      .filter(([, value]) => typeof value === "function" && "isInstance" in value)
      .map(([name]) => name);
    assert.deepEqual(components.sort(), [
      "IsolationProbe",
      "RuntimeClasses",
      "Tenant",
      "TenantCanary",
      "TenantRoles",
    ]);
  });

  it("loads no cloud's SDK with a local or existing stack", async () => {
    const program = [
      ...["local", "existing", "platform", "spec/config"].map((name) => `require("./stacks/${name}");`),
      'console.log(Object.keys(require.cache).join("\\n"));',
    ].join("");
    const { stdout } = await x(process.execPath, ["--import", "tsx", "-e", program], {
      nodeOptions: { cwd: root },
      throwOnError: true,
    });
    assert.match(stdout, /@pulumi\/kubernetes\//);
    assert.doesNotMatch(stdout, /@pulumi\/(aws|gcp|azure-native)\//);
  });
});
