import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { x } from "tinyexec";
import { UserError } from "../user-error";

/** Lines of apt's output that a message shows. */
const TAIL = 8;

/**
 * Downloads packages, and whatever of their dependencies this machine lacks, into a folder. Installs
 * nothing; signatures and checksums are checked by apt as always.
 *
 * @param work folder for apt's own files
 * @returns paths of the archives
 * @throws UserError when apt can't get them
 */
export async function downloadPackages(names: readonly string[], work: string): Promise<string[]> {
  const archives = join(work, "archives");
  const lists = join(work, "lists");
  await mkdir(join(archives, "partial"), { recursive: true });
  await mkdir(join(lists, "partial"), { recursive: true });
  const install = ["install", "--yes", "--no-install-recommends", "--download-only", ...names];
  const own = [`Dir::State::lists=${lists}/`];
  // The machine's package lists do when they are there and current; else fetch some, but not into its own.
  if ((await apt(install, [], work)).failed) {
    const update = await apt(["update"], own, work);
    const again = await apt(install, own, work);
    if (again.failed) {
      throw new UserError(
        `Debian packages could not be downloaded:\n${again.tail || update.tail}`,
        `Check that apt reaches its package sources, or install them yourself: apt-get install ${names.join(" ")}`,
      );
    }
  }
  const files = await readdir(archives);
  return files.filter((file) => file.endsWith(".deb")).map((file) => join(archives, file));
}

async function apt(
  args: readonly string[],
  options: readonly string[],
  work: string,
): Promise<{ failed: boolean; tail: string }> {
  const all = [
    `Dir::Cache=${work}/`,
    `Dir::Cache::archives=${work}/archives/`,
    "Debug::NoLocking=true",
    ...options,
  ];
  const result = await x("apt-get", [...all.flatMap((option) => ["-o", option]), ...args], {
    nodePath: false,
    nodeOptions: { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" } },
  });
  const lines = `${result.stdout}\n${result.stderr}`.trimEnd().split("\n");
  return { failed: result.exitCode !== 0, tail: lines.slice(-TAIL).join("\n") };
}
