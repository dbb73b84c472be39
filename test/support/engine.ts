import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { stringify } from "yaml";

import { type Engine, findEngine, type PulumiResult, runPulumi, standInHome } from "../../local/engine";
import { installedVersion } from "../../local/engine/version";

const root = join(__dirname, "..", "..");

/**
 * The project under the real engine, with a backend and stack files of its own that are gone afterwards.
 */
export class EngineProject {
  private constructor(
    private readonly engine: Engine,
    private readonly dir: string,
    private readonly home: string,
  ) {}

  /**
   * Takes seconds; on a fresh machine minutes, to build the engine.
   * @param plugin the `kubernetes` plugin: `simulated` needs no cluster, `stand-in` serves a real one
   */
  static async make(plugin: "simulated" | "stand-in"): Promise<EngineProject> {
    const engine = await findEngine((line) => console.error(line));
    const dir = await mkdtemp(join(tmpdir(), "bulkhead-engine-"));
    await mkdir(join(dir, "state"));
    await copyFile(join(root, "Pulumi.yaml"), join(dir, "Pulumi.yaml"));
    const home = plugin === "simulated" ? await simulatedHome(join(dir, "home")) : await standInHome();
    return new EngineProject(engine, dir, home);
  }

  /** Writes `Pulumi.<stack>.yaml` with settings of Bulkhead, and makes the stack if there is none yet. */
  async stack(name: string, settings: Record<string, unknown>): Promise<void> {
    const config = Object.fromEntries(
      Object.entries(settings).map(([setting, value]) => [`bulkhead:${setting}`, value]),
    );
    await writeFile(this.configFile(name), stringify({ config }));
    // Not in the project's tree, because this writes a salt beside the Pulumi.yaml that it finds.
    await this.pulumi(["stack", "init", name, "--no-select"], {}, this.dir);
  }

  /** Runs `pulumi` on a stack with its config. */
  on(stack: string, args: string[], env: Record<string, string> = {}): Promise<PulumiResult> {
    return this.pulumi([...args, "--stack", stack, "--config-file", this.configFile(stack)], env);
  }

  pulumi(args: string[], env: Record<string, string> = {}, cwd = root): Promise<PulumiResult> {
    return runPulumi(this.engine, { kind: "stand-in", home: this.home }, args, {
      cwd,
      env: {
        PULUMI_BACKEND_URL: `file://${join(this.dir, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "only for tests",
        SIMULATED_BOOT_ID: "sandbox",
        ...env,
      },
    });
  }

  /** Path of a file in the project's own folder. */
  file(name: string): string {
    return join(this.dir, name);
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }

  private configFile(stack: string): string {
    return join(this.dir, `Pulumi.${stack}.yaml`);
  }
}

/** A `PULUMI_HOME` in which the simulated plugin is installed under the version that the SDK asks for. */
async function simulatedHome(home: string): Promise<string> {
  const plugin = join(home, "plugins", `resource-kubernetes-v${installedVersion("@pulumi/kubernetes")}`);
  await mkdir(plugin, { recursive: true });
  const script = join(plugin, "pulumi-resource-kubernetes");
  const simulated = join(__dirname, "simulated-kubernetes.ts");
  await writeFile(
    script,
    `#!/bin/sh\ncd "${root}" && exec "${process.execPath}" --import tsx "${simulated}" "$@"\n`,
    { mode: 0o755 },
  );
  return home;
}
