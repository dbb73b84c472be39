import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { finished } from "node:stream/promises";
import { x } from "tinyexec";
import { goEnv } from "./go";
import { buildProblem } from "./problems";
import { buildLine, fetchLine, type Report } from "./progress";
import type { Recipe } from "./recipe";

/** Lines of Go's messages that an error shows. */
const TAIL = 15;

/**
 * Fetches the sources of a module.
 *
 * @returns how many packages its programs consist of
 * @throws UserError when they can't be fetched
 */
export async function fetchSources(recipe: Recipe, log: string, report: Report): Promise<number> {
  let fetched = 0;
  let packages = 0;
  await go(recipe, ["list", "-deps", ...Object.values(recipe.module.programs)], log, (line) => {
    fetched += isFetch(line) ? 1 : 0;
    packages += isFetch(line) ? 0 : 1;
    report(fetchLine(recipe.module.title, fetched));
  });
  return packages;
}

/**
 * Builds all programs of a module into `target`, which appears whole or not at all. The caller holds the
 * lock. What an interrupted build has compiled already, Go's own build cache remembers.
 *
 * @param packages how many there are to compile, for the progress
 * @throws UserError when the build fails
 */
export async function build(
  recipe: Recipe,
  packages: number,
  target: string,
  log: string,
  report: Report,
): Promise<void> {
  const partial = `${target}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const paths = Object.entries(recipe.module.programs);
  let compiled = 0;
  report(buildLine(recipe.module.title, compiled, packages));
  const args = ["build", "-v", ...recipe.flags, "-o", `${partial}/`, ...paths.map(([, path]) => path)];
  await go(recipe, args, log, (line) => {
    compiled += isFetch(line) ? 0 : 1;
    report(buildLine(recipe.module.title, compiled, packages));
  });
  for (const [program, path] of paths) {
    const command = path === "." ? recipe.name : commandName(path);
    await rename(join(partial, command), join(partial, program));
  }
  await rename(partial, target);
}

/** The name that `go build` gives the command in a package: the last element that is not a major version. */
export function commandName(path: string): string {
  return basename(path.replace(/\/v\d+$/, ""));
}

/** Go writes a line per module that it fetches, and else only the packages that were asked for. */
function isFetch(line: string): boolean {
  return line.startsWith("go: ");
}

/** Whether a line is neither the name of a package nor of a module that is fetched. */
function isMessage(line: string): boolean {
  return line.includes(" ") && !line.startsWith("go: downloading ");
}

/** Runs Go, and appends its output to the log. */
async function go(
  recipe: Recipe,
  args: string[],
  log: string,
  onLine: (line: string) => void,
): Promise<void> {
  const file = createWriteStream(log, { flags: "a" });
  const tail: string[] = [];
  const child = x("go", args, { nodePath: false, nodeOptions: { cwd: recipe.folder, env: goEnv() } });
  for await (const line of child) {
    file.write(`${line}\n`);
    if (isMessage(line)) {
      tail.push(line);
      tail.splice(0, tail.length - TAIL);
    }
    onLine(line);
  }
  file.end();
  await finished(file);
  if (child.exitCode !== 0) {
    throw buildProblem(recipe, tail, log);
  }
}
