import { join } from "node:path";
import { coerce, lt } from "semver";
import { x } from "tinyexec";
import { cacheDir } from "../cache";
import { UserError } from "../user-error";
import { goPlatform } from "./recipe";

const INSTALL = [
  // From 1.21 on, Go fetches the toolchain that a go.mod asks for; Debian 12 has 1.19.
  "  Debian 13 or newer, Ubuntu 24.04 or newer:  sudo apt-get install golang-go",
  "  Debian 12:                                  sudo apt-get install -t bookworm-backports golang-go",
  "  macOS:                                      brew install go",
  "  anything else:                              https://go.dev/doc/install",
].join("\n");

/**
 * The environment for Go: ours in all that decides what a build makes, the user's in how modules are
 * fetched (GOPROXY, GOPRIVATE, GOSUMDB, GOTOOLCHAIN, proxies, certificates).
 */
export function goEnv(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const [os, arch] = goPlatform().split("/");
  return {
    ...env,
    // Without -modcacherw Go makes the sources read-only, and the cache could not be deleted with `rm -r`.
    GOFLAGS: "-mod=readonly -modcacherw",
    GOMODCACHE: join(cacheDir(env), "go", "mod"),
    GOCACHE: join(cacheDir(env), "go", "build"),
    GOWORK: "off",
    GOOS: os,
    GOARCH: arch,
    GOEXPERIMENT: "",
    GOFIPS140: "off",
    // Static programs: no C compiler needed, and they run in any mount namespace.
    CGO_ENABLED: "0",
  };
}

/**
 * Makes sure that there is a Go toolchain that can build modules which ask for `needed`.
 *
 * @param folder folder of a go.mod, where Go may switch to a newer toolchain by itself
 * @throws UserError when Go is missing or too old
 */
export async function requireGo(needed: string, folder: string): Promise<void> {
  const child = x("go", ["env", "GOVERSION"], {
    nodePath: false,
    nodeOptions: { cwd: folder, env: goEnv() },
  });
  const result = await child.then(
    (output) => output,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") {
        throw goProblem(needed);
      }
      throw error;
    },
  );
  if (result.exitCode !== 0) {
    throw goProblem(needed, { stderr: result.stderr });
  }
  if (isOlder(result.stdout, needed)) {
    throw goProblem(needed, { version: result.stdout.trim().replace(/^go/, "") });
  }
}

/** Whether Go, by what it says of itself (`go1.19.8`), is older than needed. Development versions are not. */
export function isOlder(goVersion: string, needed: string): boolean {
  const found = coerce(goVersion);
  return found !== null && lt(found, needed);
}

/**
 * The message for a Go that is missing or unfit.
 *
 * @param seen what is known of it: its version, or what it wrote; undefined when there is none
 */
export function goProblem(
  needed: string,
  seen?: { readonly version: string } | { readonly stderr: string },
): UserError {
  if (!seen) {
    return new UserError(
      `Go is not installed, and some programs have to be built: Go ${needed} or newer is needed.`,
      `Install it and try again:\n${INSTALL}`,
    );
  }
  const version = "version" in seen ? seen.version : /running go (\S+?)[;)]/.exec(seen.stderr)?.[1];
  const stderr = "stderr" in seen ? seen.stderr.trim() : "";
  return new UserError(
    version ? `Go ${version} is too old: ${needed} or newer is needed.` : `Go does not work: ${stderr}`,
    `Install Go ${needed} or newer and try again:\n${INSTALL}`,
  );
}
