import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MODULES, type GoModule, type ModuleName } from "./catalog";

/** How one module is built, and the key under which the cache holds the result. */
export interface Recipe {
  readonly name: ModuleName;
  readonly module: GoModule;
  /** Folder with go.mod and go.sum. */
  readonly folder: string;
  /** Version that go.mod pins. */
  readonly version: string;
  /** Go version that go.mod asks for at least. */
  readonly goVersion: string;
  /** Flags of `go build`. */
  readonly flags: readonly string[];
  /** Name of the folder in the cache: changes with every pin, flag and platform. */
  readonly key: string;
}

/** Reads the pins of a module and computes from them how it is built. */
export async function recipe(name: ModuleName): Promise<Recipe> {
  const folder = join(__dirname, "modules", name);
  const files = await sources(folder);
  const goMod = files["go.mod"] ?? "";
  const module: GoModule = MODULES[name];
  const version = pinnedVersion(goMod, module.module);
  const flags = buildFlags(module, version);
  return {
    name,
    module,
    folder,
    version,
    goVersion: goDirective(goMod),
    flags,
    key: `${name}-${cacheKey([files, flags, goPlatform()])}`,
  };
}

/** The texts of go.mod, go.sum and any Go source, by name. */
async function sources(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? ""]));
}

/**
 * The version that a go.mod requires of a module.
 *
 * @throws Error when it requires none
 */
export function pinnedVersion(goMod: string, module: string): string {
  for (const line of goMod.split("\n")) {
    const [path, version] = line
      .replace(/^\s*require\s/, "")
      .trim()
      .split(/\s+/);
    if (path === module && version?.startsWith("v")) {
      return version;
    }
  }
  throw new Error(`go.mod requires no version of ${module}`);
}

function goDirective(goMod: string): string {
  const version = /^go (\S+)$/m.exec(goMod)?.[1];
  if (!version) {
    throw new Error("go.mod has no go line");
  }
  return version;
}

/**
 * The flags of `go build`: no paths of this machine in the result, no debugging information (it costs time,
 * and a fifth of the disk space of Go's build cache), and the pinned version where the program reports one.
 */
export function buildFlags(module: GoModule, version: string): string[] {
  const link = ["-s", "-w"];
  if (module.versionVariable) {
    link.push("-X", `${module.versionVariable}=${version}`);
  }
  return [
    "-trimpath",
    "-gcflags=all=-dwarf=false",
    `-ldflags=${link.join(" ")}`,
    ...(module.tags ? [`-tags=${module.tags.join(",")}`] : []),
  ];
}

/**
 * A short digest of everything that decides what a build makes. The version of the Go toolchain is not
 * among it, so that a machine whose cache is filled needs no Go; go.mod names the least version.
 */
export function cacheKey(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
}

/** Platform in Go's words, such as `linux/amd64`. */
export function goPlatform(platform: string = process.platform, arch: string = process.arch): string {
  return `${platform === "win32" ? "windows" : platform}/${arch === "x64" ? "amd64" : arch}`;
}
