import { readFileSync } from "node:fs";
import { coerce, gte } from "semver";

/**
 * The oldest Pulumi CLI that is used. It is the one that is built from Go modules where no other can be
 * had, so everything is tested with it.
 */
export const OLDEST_ENGINE = "3.230.0";

/** Whether a CLI is new enough, by the text that `pulumi version` prints, such as `v3.230.0`. */
export function isNewEnough(version: string): boolean {
  const parsed = coerce(version.trim());
  return parsed !== null && gte(parsed, OLDEST_ENGINE);
}

/** Version of a package that is installed beside us. */
export function installedVersion(packageName: string): string {
  const file = require.resolve(`${packageName}/package.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
