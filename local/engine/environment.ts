import { randomBytes, randomUUID } from "node:crypto";
import { chmod, link, mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { cacheDir } from "../cache";
import type { Engine } from "./find";

/**
 * The environment in which `pulumi` runs for this machine's cluster: apart from what the user does with
 * Pulumi elsewhere, and the same on every machine.
 *
 * State is kept in the cache (unless `PULUMI_BACKEND_URL` is set), secrets are encrypted with a passphrase
 * that is made on the first call (unless `PULUMI_CONFIG_PASSPHRASE` or its `_FILE` is set).
 *
 * @param home the engine's own folder, with its plugins; undefined for the user's own
 */
export async function engineEnv(
  engine: Engine,
  home: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<NodeJS.ProcessEnv> {
  const cache = cacheDir(env);
  const composed = composeEnv(engine.pulumi, home, cache, env);
  await mkdir(join(cache, "state"), { recursive: true });
  if (composed["PULUMI_CONFIG_PASSPHRASE_FILE"] === passphraseFile(cache)) {
    await makePassphrase(passphraseFile(cache));
  }
  return composed;
}

/** The pure part of {@link engineEnv}. */
export function composeEnv(
  pulumi: string,
  home: string | undefined,
  cache: string,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const ownPassphrase =
    env["PULUMI_CONFIG_PASSPHRASE"] !== undefined || env["PULUMI_CONFIG_PASSPHRASE_FILE"] !== undefined;
  return {
    ...env,
    // First the engine, whose language host must win over an older one; then the Node that runs us, with
    // which the host runs the program.
    PATH: [dirname(pulumi), dirname(process.execPath), env["PATH"]].filter(Boolean).join(delimiter),
    ...(home === undefined ? {} : { PULUMI_HOME: home }),
    PULUMI_BACKEND_URL: env["PULUMI_BACKEND_URL"] || pathToFileURL(join(cache, "state")).href,
    ...(ownPassphrase ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(cache) }),
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}

function passphraseFile(cache: string): string {
  return join(cache, "passphrase");
}

/** Makes the passphrase once: two processes at a time end up with the same one. */
async function makePassphrase(file: string): Promise<void> {
  const partial = `${file}.${randomUUID()}`;
  await writeFile(partial, randomBytes(32).toString("base64url"), { mode: 0o600 });
  await link(partial, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") {
      throw error;
    }
  });
  await rm(partial);
  await chmod(file, 0o600);
}
