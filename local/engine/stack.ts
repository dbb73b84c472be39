import { access, copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDir } from "../cache";
import { UserError } from "../user-error";
import { engineEnv } from "./environment";
import type { Engine } from "./find";
import type { KubernetesPlugin } from "./kubernetes-plugin";
import { runPulumi } from "./run";
import { removeDeadLocks } from "./stack-lock";

/**
 * Makes sure that a stack exists and is not locked by an engine that was killed, and copies its config into
 * the cache.
 *
 * The engine writes the salt of this machine's passphrase into the stack's config file. In the copy it does
 * no harm; in the file that is committed it would change the user's tree, and break it on other machines.
 *
 * @param project folder with Pulumi.yaml and `Pulumi.<stack>.yaml`
 * @param projectName `name` in Pulumi.yaml
 * @returns arguments for `pulumi` commands that take a stack and its config (preview, up, refresh, destroy)
 * @throws UserError when the stack has no config file or can't be created
 */
export async function prepareStack(
  engine: Engine,
  plugin: KubernetesPlugin,
  project: string,
  projectName: string,
  stack: string,
): Promise<string[]> {
  const folder = join(cacheDir(), "stacks", projectName);
  const file = `Pulumi.${stack}.yaml`;
  if (!(await exists(join(project, file)))) {
    throw new UserError(
      `There is no ${file} in ${project}.`,
      "Write it (docs/stack-file.md), or name another stack.",
    );
  }
  await mkdir(folder, { recursive: true });
  await copyFile(join(project, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  const { PULUMI_BACKEND_URL: backend } = await engineEnv(engine, plugin.home);
  const state = stateFolder(backend);
  if (state) {
    await removeDeadLocks(state, projectName, stack);
  }
  // A stack that has a state file is there, which saves asking the engine, and a second.
  if (!state || !(await exists(join(state, ".pulumi", "stacks", projectName, `${stack}.json`)))) {
    // In the copy's folder, because this too writes the salt beside the Pulumi.yaml that it finds.
    const init = await runPulumi(engine, plugin, ["stack", "init", stack, "--no-select"], { cwd: folder });
    if (init.exitCode !== 0 && !/already exists/.test(init.stderr)) {
      throw new UserError(
        `The stack ${stack} could not be created in ${backend}.`,
        init.stderr.trim() || init.stdout.trim(),
      );
    }
  }
  // After `stack init`, which writes to the copy.
  await copyFile(join(project, file), join(folder, file));
  return ["--stack", stack, "--config-file", join(folder, file)];
}

/** The folder of a file backend; undefined for any other. */
function stateFolder(backend: string | undefined): string | undefined {
  return backend?.startsWith("file:///") ? fileURLToPath(backend) : undefined;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
