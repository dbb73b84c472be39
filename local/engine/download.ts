import { access, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Report } from "../builds";
import { cacheDir } from "../cache";
import { attempt } from "./attempt";
import type { Found } from "./on-path";
import { downloadsReachable } from "./reachable";
import { installedVersion } from "./version";

/** The official npm package that downloads the CLI and its language hosts. Any version downloads any CLI. */
const WRAPPER = "pulumi@3.265.0";
/** The download is about 150 MB. */
const DOWNLOAD_SECONDS = 600;

/** The CLI of an earlier download, or undefined. */
export async function downloaded(): Promise<string | undefined> {
  const pulumi = join(folder(), "bin", "pulumi");
  return access(pulumi).then(
    () => pulumi,
    () => undefined,
  );
}

/**
 * Downloads the CLI that was released together with the SDK that we use, by the official npm package.
 * Without internet this takes 3 seconds at most; an interrupted download leaves nothing that is used.
 */
export async function downloadEngine(report: Report): Promise<Found> {
  if (!(await downloadsReachable())) {
    return { problem: "get.pulumi.com can't be reached" };
  }
  const version = installedVersion("@pulumi/pulumi");
  report(`downloading Pulumi ${version}`);
  const home = `${folder()}.partial`;
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  const run = await attempt("npm", ["exec", "--yes", `--package=${WRAPPER}`, "--", "pulumi", "version"], {
    seconds: DOWNLOAD_SECONDS,
    cwd: home,
    env: { PULUMI_HOME: home, PULUMI_VERSION: version, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  if (!run.ok) {
    return { problem: `the download of Pulumi ${version} failed (${run.problem})` };
  }
  await rename(join(home, "versions", version), folder());
  await rm(home, { recursive: true, force: true });
  return { pulumi: join(folder(), "bin", "pulumi") };
}

function folder(): string {
  return join(cacheDir(), "engine", `download-${installedVersion("@pulumi/pulumi")}`);
}
