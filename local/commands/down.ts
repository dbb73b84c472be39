import { Listr } from "listr2";

import { findEngine, kubernetesPlugin, runPulumi } from "../engine";
import { stopNode } from "../node/lifecycle";
import { UserError } from "../user-error";
import { localEnvironment, PROJECT_DIR } from "./stack-file";

/**
 * Ends this machine's node and forgets the stack that was on it: the cluster is gone with everything in it, so
 * there is nothing to destroy one by one. Builds stay in the cache.
 */
export async function down(stack: string): Promise<void> {
  const { cluster } = await localEnvironment(stack);
  await new Listr([
    {
      title: `Local node "${cluster.name}"`,
      task: async (_, task) => {
        await stopNode(cluster.name, (line) => (task.output = line));
        task.title = `Local node "${cluster.name}" is gone`;
      },
    },
    {
      title: `Stack ${stack}`,
      task: async (_, task) => {
        await forget(stack, (line) => (task.output = line));
        task.title = `Stack ${stack} is forgotten`;
      },
    },
  ]).run();
}

async function forget(stack: string, report: (line: string) => void): Promise<void> {
  const engine = await findEngine(report);
  const plugin = await kubernetesPlugin(engine, report);
  const args = ["stack", "rm", stack, "--force", "--yes", "--preserve-config"];
  const { exitCode, stderr } = await runPulumi(engine, plugin, args, { cwd: PROJECT_DIR });
  if (exitCode !== 0 && !/no stack named/.test(stderr)) {
    throw new UserError(`The stack ${stack} could not be removed.`, stderr.trim());
  }
}
