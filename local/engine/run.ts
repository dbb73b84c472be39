import { x } from "tinyexec";
import { engineEnv } from "./environment";
import type { Engine } from "./find";
import type { KubernetesPlugin } from "./kubernetes-plugin";

/** Outcome of a `pulumi` command. */
export interface PulumiResult {
  readonly stdout: string;
  readonly stderr: string;
  /** 0 after success; undefined when a signal ended it. */
  readonly exitCode: number | undefined;
}

/** How a `pulumi` command runs. */
export interface PulumiOptions {
  /** Folder with the Pulumi.yaml. */
  readonly cwd: string;
  /** Further environment variables. */
  readonly env?: NodeJS.ProcessEnv;
  /** Shows the command's output to the user as it comes, instead of collecting it. Default: collect. */
  readonly show?: boolean;
}

/** Runs `pulumi` in the environment of {@link engineEnv}. A failed command is a result, not an exception. */
export async function runPulumi(
  engine: Engine,
  plugin: KubernetesPlugin,
  args: readonly string[],
  options: PulumiOptions,
): Promise<PulumiResult> {
  const env = { ...(await engineEnv(engine, plugin.home)), ...options.env };
  const { stdout, stderr, exitCode } = await x(engine.pulumi, [...args, "--non-interactive"], {
    nodePath: false,
    nodeOptions: { cwd: options.cwd, env, stdio: options.show ? "inherit" : "pipe" },
  });
  return { stdout, stderr, exitCode };
}
