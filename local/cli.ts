import { Command } from "commander";

import { down } from "./commands/down";
import { status } from "./commands/status";
import { up } from "./commands/up";
import { UserError } from "./user-error";

const program = new Command("bulkhead").description(
  "A Kubernetes node on this machine, with isolated tenants",
);

for (const [name, description, action] of [
  ["up", "bring up this machine's node and deploy a stack on it", up],
  ["down", "end this machine's node and remove all that it left", down],
  ["status", "show what this machine's node does", status],
] as const) {
  program
    .command(name)
    .description(description)
    .option("--stack <name>", "stack to use; Pulumi.<name>.yaml describes it", "dev")
    .action(({ stack }: { stack: string }) => action(stack));
}

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof UserError ? `\n${error.message}` : error);
  process.exitCode = 1;
});
