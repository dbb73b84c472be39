import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import Table from "cli-table3";
import { x } from "tinyexec";

import { PROJECT, PROJECT_DIR } from "../local/commands/stack-file";
import { findEngine, kubernetesPlugin, prepareStack, runPulumi } from "../local/engine";

const PAIRS = 5;
const quiet = () => undefined;

/**
 * Measures what an unchanged `up` and a preview of the dev stack cost, as ratios to an empty JavaScript program under
 * the same engine, pair by pair in one run. Needs the dev stack to be up (`npm run up`).
 */
async function bench(): Promise<void> {
  const engine = await findEngine(quiet);
  const plugin = await kubernetesPlugin(engine, quiet);
  const stackArgs = await prepareStack(engine, plugin, PROJECT_DIR, PROJECT, "dev");
  const state = await mkdtemp(join(tmpdir(), "bulkhead-bench-"));
  const empty = { cwd: join(__dirname, "empty"), env: { PULUMI_BACKEND_URL: `file://${state}` } };
  const emptyStack = ["--stack", "empty", "--config-file", join(state, "Pulumi.empty.yaml")];
  const init = await runPulumi(engine, plugin, ["stack", "init", "empty", "--no-select"], empty);
  await rm(join(empty.cwd, "Pulumi.empty.yaml"), { force: true });
  if (init.exitCode !== 0) {
    throw new Error(init.stderr);
  }

  const onEmpty = (...args: string[]) => runPulumi(engine, plugin, [...args, ...emptyStack], empty);
  const onDev = (...args: string[]) =>
    runPulumi(engine, plugin, [...args, ...stackArgs], { cwd: PROJECT_DIR });
  const cli = () =>
    x(process.execPath, ["--import", "tsx", join("local", "cli.ts"), "up"], {
      nodeOptions: { cwd: PROJECT_DIR },
    });
  const up = ["up", "--yes", "--skip-preview"];
  const table = new Table({ head: ["what", "median, s", "empty program, s", "ratio"], style: { head: [] } });
  table.push(
    await pairs(
      "preview",
      () => onDev("preview"),
      () => onEmpty("preview"),
    ),
    await pairs(
      "pulumi up, unchanged",
      () => onDev(...up),
      () => onEmpty(...up),
    ),
    await pairs("npm run up, unchanged", cli, () => onEmpty(...up)),
  );
  console.log(table.toString());
  await rm(state, { recursive: true });
}

type Command = () => PromiseLike<{ exitCode: number | undefined; stderr: string }>;

async function pairs(what: string, ours: Command, theirs: Command): Promise<string[]> {
  const seconds: [number, number][] = [];
  await timed(ours);
  await timed(theirs);
  for (let pair = 0; pair < PAIRS; pair++) {
    seconds.push([await timed(ours), await timed(theirs)]);
  }
  const show = (values: number[]) => median(values).toFixed(2);
  return [
    what,
    show(seconds.map(([a]) => a)),
    show(seconds.map(([, b]) => b)),
    show(seconds.map(([a, b]) => a / b)),
  ];
}

async function timed(command: Command): Promise<number> {
  const start = performance.now();
  const { exitCode, stderr } = await command();
  if (exitCode !== 0) {
    throw new Error(stderr);
  }
  return (performance.now() - start) / 1000;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

void bench();
