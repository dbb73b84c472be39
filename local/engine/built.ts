import { link, mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ensureBuilt, type BuildName, type Report } from "../builds";
import { cacheDir } from "../cache";
import { writeScript } from "./script";

/** What a built engine consists of. */
export const ENGINE_PROGRAMS = ["pulumi", "pulumi-language-nodejs"] as const satisfies readonly BuildName[];

/**
 * Builds the CLI and the Node language host where they are missing, and puts them side by side, where the
 * CLI finds its host without a warning.
 *
 * @returns the path of the CLI
 */
export async function buildEngine(report: Report): Promise<string> {
  const built = await ensureBuilt(ENGINE_PROGRAMS, report);
  const host = built["pulumi-language-nodejs"];
  const keys = [built.pulumi, host].map((program) => basename(dirname(program)));
  const folder = join(cacheDir(), "engine", keys.join("+"));
  await mkdir(folder, { recursive: true });
  await writeScript(join(folder, "pulumi-language-nodejs"), hostScript(host));
  await linkProgram(built.pulumi, join(folder, "pulumi"));
  return join(folder, "pulumi");
}

/**
 * The newest language host that can be built does not read `runtime.options` from Pulumi.yaml yet: it takes
 * them as flags. These are the same options, so that an official host runs the same program.
 */
export function hostScript(host: string): string {
  return `#!/bin/sh\nexec "${host}" -typescript=false -nodeargs="--import tsx" "$@"\n`;
}

/**
 * A hard link and no symbolic one, because the CLI looks for its host beside the file that a link leads to.
 */
async function linkProgram(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") {
      throw error;
    }
  });
}
