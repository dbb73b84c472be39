import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { attempt } from "./attempt";
import { isNewEnough, OLDEST_ENGINE } from "./version";

const HOST = "pulumi-language-nodejs";

/** The outcome of a search: the path of a CLI, or a clause that says why there is none. */
export type Found = { readonly pulumi: string } | { readonly problem: string };

/** Looks for a Pulumi CLI on PATH that is new enough and has a Node language host. */
export async function engineOnPath(env: NodeJS.ProcessEnv): Promise<Found> {
  const pulumi = onPath("pulumi", env);
  if (!pulumi) {
    return { problem: "no pulumi on PATH" };
  }
  // The official npm package is a script that downloads the CLI when run: no language host lies beside it,
  // and asking it for its version could take minutes.
  if (!onPath(HOST, env) && !isExecutable(join(dirname(realpathSync(pulumi)), HOST))) {
    return { problem: `${pulumi} has no ${HOST} beside it or on PATH` };
  }
  const version = await attempt(pulumi, ["version"], {
    seconds: 30,
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  if (!version.ok) {
    return { problem: `${pulumi} does not run (${version.problem})` };
  }
  return isNewEnough(version.stdout)
    ? { pulumi }
    : { problem: `${pulumi} is ${version.stdout.trim()}, older than ${OLDEST_ENGINE}` };
}

/** Absolute path of an executable on PATH. */
export function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  return (env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
