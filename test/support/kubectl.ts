import { setTimeout as sleep } from "node:timers/promises";
import { x } from "tinyexec";

/** Milliseconds that something may take until it holds: far more than it takes. */
const PATIENCE = 60_000;
const POLL = 250;

/** A cluster, spoken to as its users do. */
export interface Kubectl {
  /** Runs kubectl, and gives what it prints. @throws Error with what it complains about */
  (...args: string[]): Promise<string>;
  /** Creates objects or changes them. */
  apply(...objects: object[]): Promise<void>;
  /** Runs a shell command in a pod, and gives what it prints. @throws Error when it fails */
  sh(namespace: string, pod: string, command: string): Promise<string>;
  /** Whether a shell command in a pod succeeds. */
  succeeds(namespace: string, pod: string, command: string): Promise<boolean>;
  /** Resolves when all pods of a namespace are ready. */
  podsReady(namespace: string): Promise<void>;
}

/**
 * @param program path of kubectl
 * @param kubeconfig path of a kubeconfig
 */
export function kubectl(program: string, kubeconfig: string): Kubectl {
  const run = async (
    args: string[],
    stdin?: string,
  ): Promise<{ exitCode?: number; stdout: string; stderr: string }> =>
    x(program, [`--kubeconfig=${kubeconfig}`, ...args], {
      nodePath: false,
      ...(stdin !== undefined && { stdin }),
    });
  const call = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(args);
    if (exitCode !== 0) {
      throw new Error(`kubectl ${args.join(" ")}: ${stderr}${stdout}`);
    }
    return stdout;
  };
  const inPod = (namespace: string, pod: string, command: string): string[] => [
    "--namespace",
    namespace,
    "exec",
    pod,
    "--",
    "sh",
    "-c",
    command,
  ];
  return Object.assign(call, {
    apply: async (...objects: object[]) => {
      const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
      const { exitCode, stderr } = await run(["apply", "--server-side", "--filename=-"], list);
      if (exitCode !== 0) {
        throw new Error(`kubectl apply: ${stderr}`);
      }
    },
    sh: (namespace: string, pod: string, command: string) => call(...inPod(namespace, pod, command)),
    succeeds: async (namespace: string, pod: string, command: string) =>
      (await run(inPod(namespace, pod, command))).exitCode === 0,
    podsReady: async (namespace: string) => {
      await call(
        "--namespace",
        namespace,
        "wait",
        "--for=condition=Ready",
        "pod",
        "--all",
        `--timeout=${PATIENCE}ms`,
      );
    },
  });
}

/**
 * Resolves once a condition holds.
 *
 * @throws Error that names the condition when it does not hold in time
 */
export async function eventually(condition: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await holds())) {
    if (Date.now() > deadline) {
      throw new Error(`after ${PATIENCE / 1000} s, it still does not hold that ${condition}`);
    }
    await sleep(POLL);
  }
}
