import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { UserError } from "./user-error";

/**
 * The folder under which everything that Bulkhead writes outside its own tree lives: builds, the state of
 * the local stack, the node's files. Deleting it undoes all of that.
 *
 * `$BULKHEAD_CACHE`, else `$XDG_CACHE_HOME/bulkhead`, else `~/.cache/bulkhead`. The folder need not exist.
 *
 * @throws UserError when `$BULKHEAD_CACHE` is a relative path, because two commands that start in different
 *   folders would then not find each other's node
 */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const own = env["BULKHEAD_CACHE"];
  if (own) {
    if (!isAbsolute(own)) {
      throw new UserError(
        `BULKHEAD_CACHE is "${own}", which is not an absolute path.`,
        "Write the whole path, or unset it to use ~/.cache/bulkhead.",
      );
    }
    return own;
  }
  const xdg = env["XDG_CACHE_HOME"];
  // A relative value must be ignored, says the XDG base directory specification.
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), ".cache"), "bulkhead");
}
