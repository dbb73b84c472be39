import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cancelled, messageOf, Unreachable } from "./errors";
import { loadKubeconfig } from "./kubeconfig";
import type { Settings } from "./settings";

/** What `helm status -o json` says of a release, as far as it is used. */
export interface ReleaseStatus {
  name: string;
  namespace: string;
  revision: number;
  config?: Record<string, unknown> | null;
  manifest?: string;
  info: { status: string; description?: string };
}

/** What `helm get metadata -o json` says of a release, as far as it is used. */
export interface ReleaseMetadata {
  chart: string;
  version: string;
  appVersion?: string;
}

const largestOutput = 64 * 1024 * 1024;

/** The `helm` command: `$BULKHEAD_HELM`, else `helm` on PATH, pointed at the provider's cluster. */
export class HelmProgram {
  private kubeconfig: string | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly signal: AbortSignal,
  ) {}

  /** Helm reads its cluster from a file only: one of ours, gone when the provider ends. */
  private kubeconfigFile(): string {
    if (this.kubeconfig) return this.kubeconfig;
    let content: string;
    try {
      content = loadKubeconfig(this.settings).exportConfig();
    } catch (error) {
      throw new Unreachable(`the Kubernetes provider has no cluster for Helm: ${messageOf(error)}.`);
    }
    const folder = mkdtempSync(join(tmpdir(), "bulkhead-helm-"));
    chmodSync(folder, 0o700);
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
    for (const ending of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(ending, () => process.exit(0));
    this.kubeconfig = join(folder, "kubeconfig");
    writeFileSync(this.kubeconfig, content, { mode: 0o600 });
    return this.kubeconfig;
  }

  /**
   * Runs helm and answers with what it printed.
   *
   * @param cluster false for commands that need none
   * @param input for standard input: values, which must not show up in the list of processes
   * @throws Error with helm's own words
   */
  async run(args: string[], cluster: boolean, input = ""): Promise<string> {
    const program = process.env["BULKHEAD_HELM"] || "helm";
    const target = cluster ? ["--kubeconfig", this.kubeconfigFile()] : [];
    const options = { signal: this.signal, maxBuffer: largestOutput, encoding: "utf8" as const };
    return new Promise((resolve, reject) => {
      const child = execFile(program, [...args, ...target], options, (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        if (this.signal.aborted) return reject(new Cancelled());
        if (error.code === "ENOENT") {
          return reject(
            new Error(`there is no Helm: "${program}" was not found. Set BULKHEAD_HELM to a helm 3 program.`),
          );
        }
        const said = stderr.trim().replace(/^Error: /gm, "");
        reject(new Error(`helm ${args[0] ?? ""} failed: ${said || error.message.split("\n")[0]}`));
      });
      child.stdin?.on("error", () => undefined); // helm ended before it read all; its own message says why
      child.stdin?.end(input);
    });
  }

  /** The release as it is, undefined when there is none. */
  async status(name: string, namespace: string): Promise<(ReleaseStatus & ReleaseMetadata) | undefined> {
    const rest = [name, "--namespace", namespace, "--output", "json"];
    try {
      const { version: revision, ...status } = JSON.parse(await this.run(["status", ...rest], true)) as {
        version: number;
      } & Omit<ReleaseStatus, "revision">;
      const metadata = JSON.parse(await this.run(["get", "metadata", ...rest], true)) as ReleaseMetadata;
      const { chart, version, appVersion } = metadata;
      return { ...status, revision, chart, version, ...(appVersion ? { appVersion } : {}) };
    } catch (error) {
      if (/release: not found/.test(messageOf(error))) return undefined;
      throw error;
    }
  }
}
