import { x } from "tinyexec";

/** Outcome of a command that may fail. */
export interface Attempt {
  readonly ok: boolean;
  readonly stdout: string;
  /** The last line of its errors, or why it could not run or end. */
  readonly problem: string;
}

/** Runs a command whose failure only means that another way has to be found. */
export async function attempt(
  command: string,
  args: readonly string[],
  options: { readonly seconds: number; readonly env: NodeJS.ProcessEnv; readonly cwd?: string },
): Promise<Attempt> {
  try {
    const { stdout, stderr, exitCode } = await x(command, args, {
      nodePath: false,
      timeout: options.seconds * 1000,
      nodeOptions: { env: options.env, cwd: options.cwd },
    });
    return { ok: exitCode === 0, stdout, problem: stderr.trim().split("\n").at(-1) ?? "" };
  } catch (error) {
    const timedOut = error instanceof Error && error.name === "AbortError";
    return { ok: false, stdout: "", problem: timedOut ? `no end after ${options.seconds} s` : String(error) };
  }
}
