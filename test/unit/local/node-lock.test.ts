import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exclusively } from "../../../local/node/lock";
import { identify } from "../../../local/node/process-identity";
import { UserError } from "../../../local/user-error";

describe("the lock of a node", () => {
  const before = process.env["BULKHEAD_CACHE"];
  let cache: string;

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "bulkhead-lock-"));
    process.env["BULKHEAD_CACHE"] = cache;
  });

  afterEach(async () => {
    await rm(cache, { recursive: true });
    if (before === undefined) {
      delete process.env["BULKHEAD_CACHE"];
    } else {
      process.env["BULKHEAD_CACHE"] = before;
    }
  });

  const hold = async (holder: object): Promise<void> => {
    const nodes = join(cache, "node");
    await mkdir(join(nodes, ".dev.lock"), { recursive: true });
    await writeFile(join(nodes, ".dev.holder"), JSON.stringify(holder));
  };

  it("gives back what the action gives, and is gone afterwards", async () => {
    assert.equal(await exclusively("dev", "starting", () => Promise.resolve(5)), 5);
    assert.deepEqual(await readdir(join(cache, "node")), []);
  });

  it("is gone after a failure, too", async () => {
    await assert.rejects(
      exclusively("dev", "starting", () => Promise.reject(new Error("oh"))),
      /oh/,
    );
    assert.deepEqual(await readdir(join(cache, "node")), []);
  });

  it("says who holds it, and what that one does", async () => {
    await hold({ ...identify(process.pid), what: "stopping" });
    await assert.rejects(
      exclusively("dev", "starting", () => Promise.resolve()),
      (error) =>
        error instanceof UserError &&
        error.what === `Process ${process.pid} is stopping the local node "dev".`,
    );
  });

  it("passes at once from a process that was killed", async () => {
    await hold({ ...identify(process.pid), startTicks: "1", what: "starting" });
    await exclusively("dev", "starting", () => Promise.resolve());
  });

  it("concerns one node only", async () => {
    await hold({ ...identify(process.pid), what: "stopping" });
    await exclusively("other", "starting", () => Promise.resolve());
  });
});
