import type { Problem } from "../../components/plan/problem";

/** The message that lists every problem of a stack file, each with its path. */
export function stackFileMessage(stack: string, problems: Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.map((problem) => `  ${problem.path} ${problem.message}`);
  return [`Pulumi.${stack}.yaml has ${count}:`, ...lines].join("\n");
}
