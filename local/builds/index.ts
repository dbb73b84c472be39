import { mkdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { lock } from "proper-lockfile";
import { cacheDir } from "../cache";
import { build, fetchSources } from "./build";
import { MODULES, moduleOf, type BuildName, type ModuleName } from "./catalog";
import { requireGo } from "./go";
import { requirePlatform, requireSpace } from "./problems";
import { paced, type Report } from "./progress";
import { recipe, type Recipe } from "./recipe";

export type { BuildName } from "./catalog";
export { paced, type Report } from "./progress";

/**
 * Makes sure that programs are built, from the Go modules that `modules/` pins.
 *
 * What the cache holds is returned at once, and needs no Go. The rest is built: cold, on 2 cores, about a
 * quarter of an hour for everything; an interrupted build goes on where it stopped. Two processes never
 * build at once: the second waits for the first, and then finds its builds.
 *
 * @param names what is needed
 * @param report receives the progress
 * @returns the absolute path of each program
 * @throws UserError on a platform that can't run a program, without Go, without space, without the module
 *   proxy, or when a build fails
 */
export async function ensureBuilt<Name extends BuildName>(
  names: readonly Name[],
  report: Report,
): Promise<Record<Name, string>> {
  const wanted = new Set<ModuleName>(names.map(moduleOf));
  const recipes = await Promise.all(
    (Object.keys(MODULES) as ModuleName[]).filter((name) => wanted.has(name)).map(recipe),
  );
  if ((await missing(recipes)).length > 0) {
    await buildMissing(recipes, paced(report));
  }
  const paths = recipes.flatMap((made) =>
    Object.keys(made.module.programs).map((program) => [program, join(folderOf(made), program)]),
  );
  return Object.fromEntries(paths) as Record<Name, string>;
}

/** Whether all these programs are in the cache already. */
export async function isBuilt(names: readonly BuildName[]): Promise<boolean> {
  const recipes = await Promise.all([...new Set(names.map(moduleOf))].map(recipe));
  return (await missing(recipes)).length === 0;
}

async function buildMissing(recipes: readonly Recipe[], report: Report): Promise<void> {
  recipes.forEach((wanted) => requirePlatform(wanted));
  const root = buildsDir();
  const logs = join(root, "logs");
  await mkdir(logs, { recursive: true });
  const release = await lockBuilds(root, report);
  try {
    // Only now: another process may have built them while this one waited.
    const left = await missing(recipes);
    requireSpace(await freeBytes(root), left, root);
    await buildAll(left, logs, report);
  } finally {
    await release();
  }
}

/** Builds one after the other, and fetches the sources of the next meanwhile. */
async function buildAll(recipes: readonly Recipe[], logs: string, report: Report): Promise<void> {
  const fetch = async (wanted: Recipe) => {
    await requireGo(wanted.goVersion, wanted.folder);
    const log = join(logs, `${wanted.key}.log`);
    await rm(log, { force: true });
    return { wanted, log, packages: await fetchSources(wanted, log, report) };
  };
  let next = recipes[0] && (await fetch(recipes[0]));
  for (let index = 1; next; index++) {
    const following = recipes[index];
    const [fetched, built] = await Promise.allSettled([
      following && fetch(following),
      build(next.wanted, next.packages, folderOf(next.wanted), next.log, report),
    ]);
    if (built.status === "rejected") {
      throw built.reason;
    }
    if (fetched.status === "rejected") {
      throw fetched.reason;
    }
    next = fetched.value;
  }
}

async function lockBuilds(root: string, report: Report): Promise<() => Promise<void>> {
  const held = { code: "ELOCKED" };
  try {
    return await lock(root);
  } catch (error) {
    if ((error as typeof held).code !== held.code) {
      throw error;
    }
  }
  report("waiting for another Bulkhead command that is building");
  return lock(root, {
    retries: { forever: true, retries: 0, factor: 1, minTimeout: 1000, maxTimeout: 1000 },
  });
}

async function missing(recipes: readonly Recipe[]): Promise<Recipe[]> {
  const there = await Promise.all(
    recipes.map((wanted) =>
      stat(folderOf(wanted)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return recipes.filter((_, index) => !there[index]);
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function folderOf(made: Recipe): string {
  return join(buildsDir(), made.key);
}

function buildsDir(): string {
  return join(cacheDir(), "builds");
}
