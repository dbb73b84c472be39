import { Listr } from "listr2";

import { localNodeLabels } from "../../stacks/local-node-labels";
import {
  findEngine,
  kubernetesPlugin,
  prepareStack,
  runPulumi,
  type Engine,
  type KubernetesPlugin,
} from "../engine";
import { startNode, type RunningNode } from "../node/lifecycle";
import { UserError } from "../user-error";
import { localEnvironment, PROJECT, PROJECT_DIR } from "./stack-file";
import { summary } from "./summary";

interface Prepared {
  engine: Engine;
  plugin: KubernetesPlugin;
  node: RunningNode;
  stackArgs: string[];
}

/**
 * Brings up this machine's node and deploys a stack on it, then prints what exists and the evidence that
 * tenants are isolated. Can be cut off and run again at any point; a second run changes nothing.
 */
export async function up(stack: string): Promise<void> {
  const environment = await localEnvironment(stack);
  const pools = environment.pools.map(localNodeLabels);
  const prepared = await new Listr<Prepared>([
    {
      title: "Pulumi engine",
      task: async (ready, task) => {
        const report = (line: string) => (task.output = line);
        ready.engine = await findEngine(report);
        ready.plugin = await kubernetesPlugin(ready.engine, report);
        task.title = `Pulumi engine (${ready.engine.source}; kubernetes plugin: ${ready.plugin.kind})`;
      },
    },
    {
      title: `Local node "${environment.cluster.name}"`,
      task: async (ready, task) => {
        const report = (line: string) => (task.output = line);
        const labels = Object.assign({}, ...pools) as Record<string, string>;
        ready.node = await startNode({ name: environment.cluster.name, labels }, report);
        task.title = `Local node "${environment.cluster.name}" is up at ${ready.node.url}`;
      },
    },
    {
      title: `Stack ${stack}`,
      task: async (ready) => {
        ready.stackArgs = await prepareStack(ready.engine, ready.plugin, PROJECT_DIR, PROJECT, stack);
      },
    },
  ]).run({} as Prepared);

  const { engine, plugin, node, stackArgs } = prepared;
  const [{ exitCode }, { findings }] = await Promise.all([
    runPulumi(engine, plugin, ["up", "--yes", "--skip-preview", ...stackArgs], {
      cwd: PROJECT_DIR,
      show: true,
    }),
    // The Kubernetes client takes over a second to load, which the update has anyway.
    import("./findings.js"),
  ]);
  if (exitCode !== 0) {
    throw new UserError(
      "The stack was not brought up: see the messages above.",
      "Mend what they name and run the command again: it goes on where it stopped.",
    );
  }
  console.log(`\n${summary(await findings(node.kubeconfig), node.kubeconfig)}`);
}
