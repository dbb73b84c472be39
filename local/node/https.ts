import { readFileSync } from "node:fs";
import { request } from "node:https";
import type { KeyPairFiles } from "./pki";

/** Milliseconds after which a server that accepts the connection but says nothing counts as not ready. */
const TIMEOUT = 2_000;

/**
 * Whether a server answers a request with success. A server that is not there yet is the normal case, so
 * no error is told apart from another.
 */
export function answers(url: string, authority: string, client: KeyPairFiles): Promise<boolean> {
  return new Promise((resolve) => {
    const ask = request(
      url,
      {
        ca: readFileSync(authority),
        cert: readFileSync(client.cert),
        key: readFileSync(client.key),
        timeout: TIMEOUT,
        agent: false,
      },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      },
    );
    ask.once("timeout", () => ask.destroy());
    ask.once("error", () => resolve(false));
    ask.once("close", () => resolve(false));
    ask.end();
  });
}
