import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { parse } from "yaml";

import { stackFileMessage } from "../../stacks/spec/config-message";
import type { LocalEnvironment } from "../../stacks/spec/environment";
import { Target } from "../../stacks/spec/environment";
import { parseEnvironment } from "../../stacks/spec/parse";
import { UserError } from "../user-error";

/** Folder of the program: Pulumi.yaml lies in it. */
export const PROJECT_DIR = join(__dirname, "..", "..");

/** `name` in Pulumi.yaml. */
export const PROJECT = "bulkhead";

/**
 * The environment of a stack whose target is this machine.
 * @throws UserError when there is no such stack file, it has problems, or its target is another one
 */
export async function localEnvironment(stack: string): Promise<LocalEnvironment> {
  const file = `Pulumi.${stack}.yaml`;
  const values = settingsOf(await readStackFile(file));
  if (values.target !== undefined && values.target !== Target.Local) {
    throw new UserError(
      `${file} has target "${values.target}"; this command is for target "${Target.Local}".`,
      `Use Pulumi itself for other targets: pulumi preview --stack ${stack}, pulumi up --stack ${stack}.`,
    );
  }
  const parsed = parseEnvironment({ project: PROJECT, values, secrets: new Set() });
  if (parsed.problems !== undefined) {
    throw new UserError(
      stackFileMessage(stack, parsed.problems),
      "docs/stack-file.md explains every setting.",
    );
  }
  return parsed.environment as LocalEnvironment;
}

async function readStackFile(file: string): Promise<unknown> {
  const text = await readFile(join(PROJECT_DIR, file), "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `${file} cannot be read (${error.code}).`,
      "Name a stack that has a file: --stack dev.",
    );
  });
  try {
    return parse(text);
  } catch (error) {
    throw new UserError(`${file} is not YAML: ${(error as Error).message}`, "Mend the line that it names.");
  }
}

// In the form in which the engine would hand them over: texts as they are, everything else as JSON.
function settingsOf(document: unknown): Record<string, string> {
  const config = (document as { config?: Record<string, unknown> } | null)?.config ?? {};
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(`${PROJECT}:`))
      .map(([key, value]) => [
        key.slice(PROJECT.length + 1),
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
  );
}
