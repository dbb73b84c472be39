import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt } from "../../local/builds";
import { startControlPlane, type ControlPlane } from "../../local/node/control-plane";
import { CONTROL_PLANE_PROGRAMS } from "../../local/node/control-plane-components";

let shared: Promise<ControlPlane> | undefined;
let dir: string | undefined;

/**
 * A real API server with its controllers and scheduler, without a node: the one that all tests of this run
 * share. Tests create namespaces of their own in it.
 *
 * Call it in a `before` hook with `this.timeout(0)`: the first call starts it, and on a fresh machine builds
 * it, which takes minutes. It ends, and its files go, with the test run.
 */
export function controlPlane(): Promise<ControlPlane> {
  shared ??= start();
  return shared;
}

async function start(): Promise<ControlPlane> {
  const programs = await ensureBuilt(CONTROL_PLANE_PROGRAMS, (line) => console.error(line));
  dir = await mkdtemp(join(tmpdir(), "bulkhead-control-plane-"));
  return startControlPlane({ dir, programs });
}

// At the top level of a module that test files import, this is a hook of the whole run.
after("stop the shared control plane", async () => {
  // A start that failed has stopped what it had started.
  const running = await shared?.catch(() => undefined);
  await running?.stop();
  if (dir !== undefined) {
    await rm(dir, { recursive: true, force: true });
  }
});
