import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { identify, isAlive } from "../../../local/node/process-identity";

describe("the identity of a process", () => {
  it("holds as long as the process runs", () => {
    const own = identify(process.pid);
    assert(own);
    assert(isAlive(own));
  });

  it("does not pass to another process with the same id", () => {
    const own = identify(process.pid);
    assert(own);
    assert(!isAlive({ ...own, startTicks: "1" }));
  });

  it("does not outlive a restart of the machine", () => {
    const own = identify(process.pid);
    assert(own);
    assert(!isAlive({ ...own, bootId: "another" }));
  });

  it("ends with the process", async () => {
    const child = spawn("sleep", ["60"]);
    await once(child, "spawn");
    const identity = identify(child.pid ?? 0);
    assert(identity && isAlive(identity));
    child.kill("SIGKILL");
    await once(child, "exit");
    assert(!isAlive(identity));
    assert.equal(identify(child.pid ?? 0), undefined);
  });
});
