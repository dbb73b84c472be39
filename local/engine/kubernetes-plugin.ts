import { createHash } from "node:crypto";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Report } from "../builds";
import { cacheDir } from "../cache";
import { PLUGIN_NAME, standInBundle } from "../provider/launcher";
import { attempt } from "./attempt";
import { engineEnv } from "./environment";
import type { Engine } from "./find";
import { onPath } from "./on-path";
import { downloadsReachable } from "./reachable";
import { writeScript } from "./script";
import { installedVersion } from "./version";

/** The download is about 40 MB. */
const INSTALL_SECONDS = 300;

/** Which `kubernetes` provider plugin an engine uses, and the engine's own folder that makes it so. */
export interface KubernetesPlugin {
  readonly kind: "real" | "stand-in";
  /** `PULUMI_HOME`; undefined: the user's own. */
  readonly home: string | undefined;
}

/**
 * Decides between the real `kubernetes` provider plugin and our stand-in: real where it is installed, lies
 * on PATH or can be installed (a download of about 40 MB, once), else the stand-in. Without internet that
 * is found out in 3 seconds at most, and mostly at once.
 */
export async function kubernetesPlugin(
  engine: Engine,
  report: Report,
  env: NodeJS.ProcessEnv = process.env,
): Promise<KubernetesPlugin> {
  // An engine of the user's keeps its plugins where the user has them.
  const own = engine.source === "path" || env["PULUMI_HOME"] !== undefined;
  const real: KubernetesPlugin = {
    kind: "real",
    home: own ? undefined : join(cacheDir(env), "engine", "home"),
  };
  const version = installedVersion("@pulumi/kubernetes");
  const home = real.home ?? env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
  if (
    onPath(PLUGIN_NAME, env) ||
    (await exists(join(home, "plugins", `resource-kubernetes-v${version}`, PLUGIN_NAME)))
  ) {
    return real;
  }
  if (await downloadsReachable(env)) {
    report(`installing Pulumi's kubernetes plugin ${version}`);
    const installed = await attempt(engine.pulumi, ["plugin", "install", "resource", "kubernetes", version], {
      seconds: INSTALL_SECONDS,
      env: await engineEnv(engine, real.home, env),
    });
    if (installed.ok) {
      return real;
    }
  }
  report("Pulumi's kubernetes plugin can't be downloaded: using Bulkhead's stand-in");
  return { kind: "stand-in", home: await standInHome(env) };
}

/**
 * A folder for `PULUMI_HOME` in which the stand-in is installed as the `kubernetes` plugin, under the very
 * version that the SDK asks for. That makes the engine use it without a warning; a plugin found on PATH
 * brings one with every command. The real plugin can't get in the way there, nor be shadowed elsewhere.
 */
export async function standInHome(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const text = standInScript(await standInBundle(env));
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const home = join(cacheDir(env), "engine", `stand-in-${digest}`);
  const folder = join(home, "plugins", `resource-kubernetes-v${installedVersion("@pulumi/kubernetes")}`);
  await writeScript(join(folder, PLUGIN_NAME), text);
  return home;
}

/** The engine starts plugins in the project's folder, or in the plugin's own: so all paths are absolute. */
function standInScript(bundle: string): string {
  return `#!/bin/sh\nexec "${process.execPath}" "${bundle}" "$@"\n`;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
