import { ensureBuilt } from "../../local/builds";
import { startNode, stopNode, type RunningNode } from "../../local/node/lifecycle";
import { kubectl, type Kubectl } from "./kubectl";

/** Not the name of anybody's own node: both run side by side. Two test runs at a time need two names. */
export const TEST_NODE = process.env.BULKHEAD_TEST_NODE ?? "test";

/** A node, and a way to talk to its cluster. */
export interface TestNode extends RunningNode {
  readonly kubectl: Kubectl;
}

let shared: Promise<TestNode> | undefined;

/**
 * A real node with runc and gVisor: the one that all tests of this run share. Tests create namespaces of
 * their own in it.
 *
 * Call it in a `before` hook with `this.timeout(0)`: the first call starts it, and on a fresh machine builds
 * it, which takes minutes. It ends with the test run.
 */
export function testNode(): Promise<TestNode> {
  shared ??= start();
  return shared;
}

async function start(): Promise<TestNode> {
  // A run that was killed leaves its node, with what its tests made in it.
  await stopNode(TEST_NODE, () => undefined);
  const node = await startNode({ name: TEST_NODE, labels: TEST_LABELS }, (line) => console.error(line));
  const { kubectl: program } = await ensureBuilt(["kubectl"], (line) => console.error(line));
  return { ...node, kubectl: kubectl(program, node.kubeconfig) };
}

/** Labels of the shared node: those of the dev stack's pool. */
const TEST_LABELS = { "bulkhead.dev/pool": "local", "bulkhead.dev/runtime-gvisor": "true" };

// At the top level of a module that test files import, this is a hook of the whole run.
after("stop the shared node", async function () {
  this.timeout(120_000);
  if (shared) {
    await shared.catch(() => undefined);
    // Also after a start that failed.
    await stopNode(TEST_NODE, () => undefined);
  }
});
