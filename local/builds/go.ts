import { join } from "node:path";
import { x } from "tinyexec";
import { cacheDir } from "../cache";
import { UserError } from "../user-error";
import { goPlatform } from "./recipe";

const INSTALL = [
  "  Debian 13, Ubuntu:  sudo apt-get install golang-go (if it is new enough)",
  "  macOS:              brew install go",
  "  anything else:      https://go.dev/doc/install",
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
        throw goProblem(needed, undefined);
      }
      throw error;
    },
  );
  if (result.exitCode !== 0) {
    throw goProblem(needed, result.stderr);
  }
}

/** The message for a missing (`stderr` undefined) or unfit Go. */
export function goProblem(needed: string, stderr: string | undefined): UserError {
  if (stderr === undefined) {
    return new UserError(
      `Go is not installed, and some programs have to be built: Go ${needed} or newer is needed.`,
      `Install it and try again:\n${INSTALL}`,
    );
  }
  const found = /running go (\S+?)[;)]/.exec(stderr)?.[1];
  return new UserError(
    found ? `Go ${found} is too old: ${needed} or newer is needed.` : `Go does not work: ${stderr.trim()}`,
    `Install Go ${needed} or newer and try again:\n${INSTALL}`,
  );
}
