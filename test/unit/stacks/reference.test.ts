import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { format } from "prettier";
import { parse } from "yaml";

import { environments } from "../../../stacks/spec/environment";
import { stackFileReference } from "../../../stacks/spec/reference";

const root = join(__dirname, "..", "..", "..");

describe("the reference of the stack file", () => {
  it("is what the schema says (`npm run docs` writes it)", async () => {
    const page = readFileSync(join(root, "docs", "stack-file.md"), "utf8");
    assert.equal(page, await format(stackFileReference(), { parser: "markdown", printWidth: 110 }));
  });

  it("explains every setting", () => {
    const rows = stackFileReference()
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    assert.ok(rows.length > 40);
    assert.deepEqual(
      rows.filter((row) => / \|\s*\|$/.test(row)),
      [],
    );
  });

  it("knows the same settings as Pulumi.yaml", () => {
    const { config } = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as { config: object };
    for (const schema of Object.values(environments)) {
      assert.deepEqual(Object.keys(config).sort(), Object.keys(schema.shape).sort());
    }
  });
});
