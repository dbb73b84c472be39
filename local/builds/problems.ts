import { UserError } from "../user-error";
import { goProblem } from "./go";
import type { Recipe } from "./recipe";

const UNREACHABLE =
  /dial tcp|no such host|i\/o timeout|connection (?:refused|reset)|TLS handshake|proxyconnect|network is unreachable|unexpected EOF|: 40[37] |: 50\d /;

/**
 * The message for a build that failed.
 *
 * @param output the last lines that Go wrote
 * @param log file with everything it wrote
 */
export function buildProblem(recipe: Recipe, output: readonly string[], log: string): UserError {
  const text = output.join("\n");
  const what = `${recipe.module.title} ${recipe.version} could not be built.`;
  const details = `The last lines (all of them are in ${log}):\n${indent(output)}`;
  if (/no space left on device/.test(text)) {
    return new UserError(
      `${what} The disk is full.`,
      "Free some space, or point BULKHEAD_CACHE to a folder on a larger disk, and run the same command again: it goes on where it stopped.",
    );
  }
  if (/requires go >=/.test(text)) {
    return goProblem(recipe.goVersion, { stderr: text });
  }
  if (/checksum mismatch|SECURITY ERROR/.test(text)) {
    return new UserError(
      `${what} A download differs from what go.sum pins.`,
      `The Go module proxy, or something in between, changed it. Set GOPROXY to one that you trust.\n${details}`,
    );
  }
  if (/signal: killed|cannot allocate memory/.test(text)) {
    return new UserError(
      `${what} The compiler ran out of memory.`,
      `Linking Kubernetes takes up to 3 GB. Close other programs and run the same command again.\n${details}`,
    );
  }
  if (UNREACHABLE.test(text)) {
    return new UserError(
      `${what} The Go module proxy could not be reached.`,
      `Check the network, HTTPS_PROXY and GOPROXY (\`go env GOPROXY\`) and run the same command again.\n${details}`,
    );
  }
  return new UserError(what, details);
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}

/**
 * @throws UserError when a program that is to be built does not run on this platform
 */
export function requirePlatform(recipe: Recipe, platform: NodeJS.Platform = process.platform): void {
  const name = { darwin: "macOS", win32: "Windows" }[platform as string] ?? platform;
  if (platform === "win32" || (recipe.module.linuxOnly && platform !== "linux")) {
    throw new UserError(
      `${recipe.module.title} can't be built for ${name}: the local target needs Linux.`,
      'Use the target `existing` with a cluster that you have, such as one made by kind (README, "An existing cluster").',
    );
  }
}

/**
 * @param free bytes
 * @param recipes what is to be built
 * @throws UserError when the disk has too little space for the builds
 */
export function requireSpace(free: number, recipes: readonly Recipe[], folder: string): void {
  const mebi = 2 ** 20;
  const needed = recipes.reduce((sum, recipe) => sum + recipe.module.mebibytes, 0);
  if (free < needed * mebi) {
    const gib = (mebibytes: number) => (mebibytes / 1024).toFixed(1);
    throw new UserError(
      `Building ${recipes.map((recipe) => recipe.module.title).join(", ")} takes ${gib(needed)} GiB of disk; ${folder} has ${gib(free / mebi)} GiB free.`,
      "Free some space, or point BULKHEAD_CACHE to a folder on a larger disk.",
    );
  }
}
