import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { x } from "tinyexec";
import { stringify } from "yaml";

import { cacheDir } from "../../local/cache";
import { nodeDir } from "../../local/node/paths";

const root = join(__dirname, "..", "..");
const STACK = "test-commands";
const stackFile = join(root, `Pulumi.${STACK}.yaml`);
const stateFile = join(cacheDir(), "state", ".pulumi", "stacks", "bulkhead", `${STACK}.json`);
const cli = ["--import", "tsx", join("local", "cli.ts")];

interface Outcome {
  code: number;
  text: string;
}

async function run(command: string, env: Record<string, string> = {}): Promise<Outcome> {
  const { exitCode, stdout, stderr } = await x(process.execPath, [...cli, command, "--stack", STACK], {
    nodeOptions: { cwd: root, env: { ...process.env, ...env } },
  });
  return { code: exitCode ?? -1, text: stdout + stderr };
}

async function writeStack(settings: Record<string, unknown>): Promise<void> {
  const config = Object.entries({ target: "local", cluster: { name: STACK }, ...settings });
  await writeFile(
    stackFile,
    stringify({ config: Object.fromEntries(config.map(([name, value]) => [`bulkhead:${name}`, value])) }),
  );
}

describe("the commands", function () {
  this.timeout("300s");

  before(() => writeStack({ tenants: [{ name: "acme", canary: true }] }));
  after(async () => {
    await run("down");
    await rm(stackFile);
  });

  it("say that nothing is there, before anything is", async () => {
    const { code, text } = await run("status");
    assert.equal(code, 0);
    assert.match(text, /not there\. `npm run up` brings it up/);
  });

  it("refuse a stack file with mistakes before starting anything, without a stack trace", async () => {
    await writeStack({ tenants: [{ name: "acme", isolation: "gvisr" }, { name: "default" }] });
    const { code, text } = await run("up");
    assert.equal(code, 1);
    assert.match(
      text,
      /has 2 problems:\n {2}bulkhead:tenants\[0\]\.isolation is "gvisr".*Did you mean "gvisor"/,
    );
    assert.doesNotMatch(text, /^\s+at /m);
    assert.ok(!existsSync(nodeDir(STACK)));
    await writeStack({ tenants: [{ name: "acme", canary: true }] });
  });

  it("go on after an `up` that was killed, and end with the evidence", async () => {
    const killed = spawn(process.execPath, [...cli, "up", "--stack", STACK], { cwd: root, stdio: "ignore" });
    while (!existsSync(join(nodeDir(STACK), "status.json"))) {
      await sleep(100);
    }
    killed.kill("SIGKILL");
    const { code, text } = await run("up");
    assert.equal(code, 0, text);
    assert.match(text, /acme +│ gvisor +│ 4\.\S+ \(gVisor\) +│ [-0-9a-f]{36} │ has a kernel of its own/);
    assert.match(text, /none \(negative control\) +│ \S+ +│ [-0-9a-f]{36} │ shares the node's kernel/);
  });

  it("change nothing the second time", async () => {
    const { code, text } = await run("up");
    assert.equal(code, 0, text);
    assert.match(text, /\d+ unchanged/);
    assert.doesNotMatch(text, /(created|updated|deleted|replaced)/);
  });

  it("show what runs and what the tenants' pods answer", async () => {
    const { code, text } = await run("status");
    assert.equal(code, 0, text);
    assert.match(text, /running/);
    assert.match(text, /acme .* has a kernel of its own/);
  });

  it("take away the node and the stack, and leave nothing of them", async () => {
    assert.ok(existsSync(stateFile));
    const { code, text } = await run("down");
    assert.equal(code, 0, text);
    assert.ok(!existsSync(nodeDir(STACK)));
    assert.ok(!existsSync(stateFile));
    assert.ok(existsSync(stackFile));
    assert.equal((await run("down")).code, 0);
  });
});
