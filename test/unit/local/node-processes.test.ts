import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { identify } from "../../../local/node/process-identity";
import { ComponentFailure, Processes } from "../../../local/node/processes";

describe("the programs of a node", function () {
  this.timeout(30_000);

  let folder: string;
  let processes: Processes;
  const shell = (script: string): { name: string; command: string; args: string[] } => ({
    name: "program",
    command: "sh",
    args: ["-c", script],
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "bulkhead-processes-"));
    processes = new Processes(folder);
  });

  afterEach(async () => {
    await processes.stop();
    await rm(folder, { recursive: true });
  });

  it("count as ready once they say so", async () => {
    let asked = 0;
    await processes.start({ ...shell("sleep 60"), ready: () => Promise.resolve(++asked > 2) });
    assert.equal(asked, 3);
    assert.equal(processes.status()[0]?.state, "ready");
  });

  it("have a log", async () => {
    const log = join(folder, "program.log");
    const ready = async (): Promise<boolean> => (await readFile(log, "utf8")).includes("hello");
    await processes.start({ ...shell("echo hello; sleep 60"), ready });
  });

  it("are started again when they end", async () => {
    await processes.start(shell("sleep 60"));
    process.kill(processes.status()[0]?.pid ?? 0, "SIGKILL");
    while (processes.status()[0]?.restarts !== 1) {
      await sleep(10);
    }
  });

  it("fail, with the end of their log, when they end again and again before they are ready", async () => {
    await assert.rejects(
      processes.start({ ...shell("echo no such thing; exit 3"), ready: () => Promise.resolve(false) }),
      (error) =>
        error instanceof ComponentFailure &&
        error.message.includes("program ended with code 3") &&
        error.tail.includes("no such thing"),
    );
  });

  it("are gone when it stops", async () => {
    await processes.start(shell("sleep 60"));
    const pid = processes.status()[0]?.pid ?? 0;
    assert(identify(pid));
    await processes.stop();
    assert.equal(identify(pid), undefined);
  });
});
