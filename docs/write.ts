import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { format } from "prettier";

import { stackFileReference } from "../stacks/spec/reference";

/** Writes the pages that are made from the code. */
async function write(): Promise<void> {
  writeFileSync(
    join(__dirname, "stack-file.md"),
    await format(stackFileReference(), { parser: "markdown", printWidth: 110 }),
  );
}

void write();
