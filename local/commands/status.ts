import { nodeStatus } from "../node/lifecycle";
import { findings } from "./findings";
import { localEnvironment } from "./stack-file";
import { summary } from "./summary";

/** Prints what this machine's node does, and what its tenants' pods answer. */
export async function status(stack: string): Promise<void> {
  const { cluster } = await localEnvironment(stack);
  const found = await nodeStatus(cluster.name);
  if (found.state === "absent") {
    console.log(`Local node "${cluster.name}": not there. \`npm run up\` brings it up.`);
    return;
  }
  if (found.state === "stopped") {
    console.log(
      `Local node "${cluster.name}": not running, its data is kept. ` +
        "`npm run up` brings it back; `npm run down` removes it.",
    );
    return;
  }
  console.log(`Local node "${cluster.name}": ${found.state}, logs in ${found.node.logs}`);
  for (const component of found.report?.components ?? []) {
    console.log(`  ${JSON.stringify(component)}`);
  }
  if (found.state === "running") {
    console.log(`\n${summary(await findings(found.node.kubeconfig), found.node.kubeconfig)}`);
  }
}
