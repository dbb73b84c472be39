import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { cp, mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { x } from "tinyexec";
import { cacheDir } from "../cache";
import { UserError } from "../user-error";
import { downloadPackages } from "./apt";
import { packages, TOOLS, type ToolName } from "./packages";

/** The tools from Debian packages. */
export interface DebianTools {
  /**
   * Folder of what this machine lacks, laid out like `/`: copied over the machine's own root it gives every
   * tool its usual path.
   */
  readonly layer: string;
  /** Absolute path of a tool outside of the node, and what its environment needs to find its libraries. */
  tool(name: ToolName): { readonly path: string; readonly env: Readonly<Record<string, string>> };
}

/** Folders that are links into /usr on a current system; a package may name either. */
const MERGED = ["bin", "sbin", "lib", "lib64"] as const;

/**
 * Finds the node's tools on this machine, and unpacks those that it lacks into the cache. Nothing is
 * installed. The first time it downloads about 12 MB.
 *
 * @throws UserError when tools are missing and this is not Debian or Ubuntu, or apt can't fetch them
 */
export async function ensureDebianTools(report: (line: string) => void): Promise<DebianTools> {
  const layer = join(cacheDir(), "debian", layerKey());
  if (!existsSync(layer)) {
    report("fetching Debian packages");
    await unpack(layer);
  }
  const missing = Object.values(TOOLS).filter(({ paths }) => find(layer, paths) === undefined);
  if (missing.length > 0) {
    throw new UserError(
      `This machine lacks programs from these packages: ${missing.map((tool) => tool.package).join(", ")}.`,
      `Install them with the package manager of this machine; on Debian and Ubuntu, delete ${layer} and run the command again.`,
    );
  }
  return { layer, tool: (name) => locate(layer, name) };
}

async function unpack(layer: string): Promise<void> {
  const work = `${layer}.partial`;
  const root = join(work, "root");
  await rm(work, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  if (existsSync("/usr/bin/apt-get")) {
    for (const archive of await downloadPackages(packages(), work)) {
      await x("dpkg", ["--extract", archive, root], { nodePath: false, throwOnError: true });
    }
    // Manuals and translations: half of it all.
    await rm(join(root, "usr/share"), { recursive: true, force: true });
    await mergeIntoUsr(root);
    await linkAlternatives(root);
  }
  await rename(root, layer);
  await rm(work, { recursive: true, force: true });
}

/** Else the package's /bin would hide the machine's link of that name, and all that it leads to. */
async function mergeIntoUsr(root: string): Promise<void> {
  for (const folder of MERGED) {
    const from = join(root, folder);
    if (existsSync(from) && lstatSync(`/${folder}`, { throwIfNoEntry: false })?.isSymbolicLink()) {
      await cp(from, join(root, "usr", folder), { recursive: true, verbatimSymlinks: true });
      await rm(from, { recursive: true });
    }
  }
}

/** The links that Debian's alternatives system makes when the package is installed. */
async function linkAlternatives(root: string): Promise<void> {
  const folder = join(root, "usr/sbin");
  for (const name of ["iptables", "ip6tables"]) {
    for (const suffix of ["", "-save", "-restore"]) {
      if (existsSync(join(folder, `${name}-nft${suffix}`))) {
        await symlink(`${name}-nft${suffix}`, join(folder, `${name}${suffix}`));
      }
    }
  }
}

function locate(layer: string, name: ToolName): ReturnType<DebianTools["tool"]> {
  const path = find(layer, TOOLS[name].paths);
  if (path === undefined) {
    throw new Error(`${name} is gone from ${layer} and from this machine`);
  }
  const libraries = ["usr/lib", `usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`];
  const env = { LD_LIBRARY_PATH: libraries.map((folder) => join(layer, folder)).join(":") };
  return { path, env: path.startsWith(layer) ? env : {} };
}

function find(layer: string, paths: readonly string[]): string | undefined {
  return [layer, "/"]
    .flatMap((root) => paths.map((path) => join(root, path)))
    .find((path) => existsSync(path));
}

/** Changes with the release of the machine's distribution, whose libraries the packages are bound to. */
function layerKey(): string {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const id = /^VERSION_ID="?([^"\n]*)/m.exec(release)?.[1] ?? "unknown";
  const hash = createHash("sha256").update(JSON.stringify([release, process.arch, packages()]));
  return `${id}-${hash.digest("hex").slice(0, 12)}`;
}
