import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { runtime } from "@pulumi/pulumi";
import {
  LocalWorkspace,
  PulumiCommand,
  type EngineEvent,
  type PulumiFn,
  type Stack,
} from "@pulumi/pulumi/automation";
import { version } from "@pulumi/kubernetes/package.json";
import { findEngine } from "../../local/engine";
import { writeStandIn } from "../../local/provider/launcher";

/** What a command of the engine did: which step on which resource, and everything it printed. */
export interface Outcome {
  /** `step name`, such as `create web`; steps that change nothing are left out */
  steps: string[];
  /** the changed paths of a resource, with what the engine calls the change */
  diffs: Record<string, Record<string, string>>;
  output: string;
}

/** A stack on the real engine, with the stand-in as its kubernetes plugin, of this machine's tests. */
export class ProviderStack {
  private stopping = new AbortController();
  private running = "";
  private transcript = "";

  private constructor(
    private readonly stack: Stack,
    private readonly folder: string,
  ) {}

  /** A new, empty stack, whose default cluster is the kubeconfig's. */
  static async make(kubeconfig: string, env: Record<string, string> = {}): Promise<ProviderStack> {
    const folder = await mkdtemp(join(tmpdir(), "bulkhead-provider-"));
    for (const name of ["bin", "state", "work"]) await mkdir(join(folder, name));
    const { pulumi } = await findEngine((line) => console.error(line));
    await symlink(pulumi, join(folder, "bin", "pulumi"));
    const plugin = join(folder, "home", "plugins", `resource-kubernetes-v${version}`);
    await mkdir(plugin, { recursive: true });
    await writeStandIn(plugin);
    const stack = await LocalWorkspace.createStack(
      { stackName: "test", projectName: "provider", program: () => Promise.resolve() },
      {
        workDir: join(folder, "work"),
        pulumiCommand: await PulumiCommand.get({ root: folder, skipVersionCheck: true }),
        envVars: {
          PATH: [join(folder, "bin"), dirname(pulumi), process.env["PATH"]].join(delimiter),
          PULUMI_HOME: join(folder, "home"),
          PULUMI_BACKEND_URL: pathToFileURL(join(folder, "state")).href,
          PULUMI_CONFIG_PASSPHRASE: "test",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          KUBECONFIG: kubeconfig,
          ...env,
        },
      },
    );
    return new ProviderStack(stack, folder);
  }

  private async run(
    program: PulumiFn | undefined,
    command: (options: {
      onEvent: (event: EngineEvent) => void;
      onOutput: (text: string) => void;
      onError: (text: string) => void;
      signal: AbortSignal;
    }) => Promise<unknown>,
  ): Promise<Outcome> {
    const outcome: Outcome = { steps: [], diffs: {}, output: "" };
    this.running = "";
    const collect = (text: string) => (this.running = outcome.output += text);
    const [declared, known] = [new Set<string>(), new Set<string>()];
    if (program) this.stack.workspace.program = watched(program, declared);
    const onEvent = (event: EngineEvent) => {
      const step = event.resourcePreEvent?.metadata;
      const name = step?.urn.split("::").pop() ?? "";
      known.add(name);
      if (!step || step.op === "same" || step.type.startsWith("pulumi:")) return;
      outcome.steps.push(`${step.op} ${name}`);
      const detailed = Object.entries(step.detailedDiff ?? {}).map(([path, diff]) => [path, diff.diffKind]);
      if (detailed.length > 0) outcome.diffs[name] = Object.fromEntries(detailed) as Record<string, string>;
    };
    try {
      await command({ onEvent, onOutput: collect, onError: collect, signal: this.stopping.signal });
    } finally {
      this.transcript += `${outcome.output}\n`;
    }
    // The SDK's inline programs end well even when a call to the engine fails (automation/server.js): without this,
    // a registration that is lost on a busy machine would look as if the program no longer had the resource.
    const lost = [...declared].filter((name) => !known.has(name));
    if (lost.length > 0) throw new Error(`the engine never heard of: ${lost.join(", ")}\n${outcome.output}`);
    return outcome;
  }

  up(program?: PulumiFn): Promise<Outcome> {
    return this.run(program, (options) => this.stack.up(options));
  }

  preview(program?: PulumiFn): Promise<Outcome> {
    return this.run(program, (options) => this.stack.preview({ ...options, diff: true }));
  }

  refresh(): Promise<Outcome> {
    return this.run(undefined, (options) => this.stack.refresh(options));
  }

  destroy(): Promise<Outcome> {
    return this.run(undefined, (options) => this.stack.destroy(options));
  }

  /** The state's resources by the program's name. */
  async resources(): Promise<Record<string, StoredResource>> {
    const exported = (await this.stack.exportStack()) as {
      deployment: { resources?: StoredResource[] } | null;
    };
    const all = exported.deployment?.resources ?? [];
    return Object.fromEntries(all.map((resource) => [resource.urn.split("::").pop() ?? "", resource]));
  }

  /** The state file as it lies on disk. */
  async stateText(): Promise<string> {
    return readFile(join(this.folder, "state", ".pulumi", "stacks", "provider", "test.json"), "utf8");
  }

  async outputs(): Promise<Record<string, { value: unknown; secret: boolean }>> {
    return this.stack.outputs();
  }

  /** Waits until the running command has printed something. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.running)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Interrupts the engine's running command, as Ctrl-C does. */
  interrupt(): void {
    this.stopping.abort();
    this.stopping = new AbortController();
  }

  /**
   * Forgets the stack; what it created stays in the cluster, unless destroyed before. After a failed test,
   * prints what the engine said.
   */
  async forget(test?: { state?: string }): Promise<void> {
    if (test?.state === "failed") console.error(this.transcript);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The program, which also notes the names of the resources that it declares. */
function watched(program: PulumiFn, declared: Set<string>): PulumiFn {
  return async () => {
    runtime.registerStackTransformation(({ name }) => {
      declared.add(name);
      return undefined;
    });
    return (await program()) as Record<string, unknown> | undefined;
  };
}

/** A resource in the state file. */
export interface StoredResource {
  urn: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  initErrors?: string[];
}
