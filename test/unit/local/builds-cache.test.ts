import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt, isBuilt } from "../../../local/builds";
import { recipe } from "../../../local/builds/recipe";
import { UserError } from "../../../local/user-error";

/** A stand-in for Go that writes down how it is called, and "builds" a file per package. */
const GO = `#!/bin/sh
echo "$1" >> "$FAKE_GO/calls"
case "$1" in
  list) echo one; echo two ;;
  build)
    while [ "$1" != -o ]; do shift; done
    echo one >&2
    echo half > "$2/server"
    if [ -e "$FAKE_GO/broken" ]; then echo "x.go:1: undefined: y" >&2; exit 1; fi
    echo two >&2
    echo whole > "$2/server" ;;
esac
`;

describe("the cache of builds", () => {
  const saved = { PATH: process.env["PATH"], BULKHEAD_CACHE: process.env["BULKHEAD_CACHE"] };
  let root: string;
  let lines: string[];
  const report = (line: string) => void lines.push(line);
  const calls = async () =>
    (await readFile(join(root, "calls"), "utf8").catch(() => "")).split("\n").filter(Boolean);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "bulkhead-builds-"));
    lines = [];
    await mkdir(join(root, "bin"));
    await writeFile(join(root, "bin", "go"), GO, { mode: 0o755 });
    process.env["BULKHEAD_CACHE"] = join(root, "cache");
    process.env["FAKE_GO"] = root;
    process.env["PATH"] = `${join(root, "bin")}:/usr/bin:/bin`;
  });

  afterEach(async () => {
    delete process.env["FAKE_GO"];
    for (const [name, value] of Object.entries(saved)) {
      if (value === undefined) {
        delete process.env[name];
      } else {
        process.env[name] = value;
      }
    }
    await rm(root, { recursive: true });
  });

  it("builds what it lacks, under the name of the program, and says so", async () => {
    const { etcd } = await ensureBuilt(["etcd"], report);
    assert.equal(await readFile(etcd, "utf8"), "whole\n");
    assert.match(lines.join("\n"), /etcd/);
  });

  it("builds nothing twice, and then needs no Go", async () => {
    const first = await ensureBuilt(["etcd"], report);
    process.env["PATH"] = join(root, "nowhere");
    assert.deepEqual(await ensureBuilt(["etcd"], report), first);
    assert.deepEqual((await calls()).filter((call) => call === "build").length, 1);
  });

  it("asks for Go when something has to be built and there is none", async () => {
    process.env["PATH"] = join(root, "nowhere");
    await assert.rejects(
      ensureBuilt(["etcd"], report),
      (error) => error instanceof UserError && /Go is not installed/.test(error.what),
    );
  });

  it("never offers a half-built program, and builds it in the next run", async () => {
    await writeFile(join(root, "broken"), "");
    await assert.rejects(ensureBuilt(["etcd"], report), /undefined: y/);
    assert.equal(await isBuilt(["etcd"]), false);
    await rm(join(root, "broken"));
    const { etcd } = await ensureBuilt(["etcd"], report);
    assert.equal(await readFile(etcd, "utf8"), "whole\n");
  });

  it("keeps everything that a failed build wrote in the log that the message names", async () => {
    await writeFile(join(root, "broken"), "");
    const error = await ensureBuilt(["etcd"], report).catch((caught: unknown) => caught);
    assert.ok(error instanceof UserError);
    assert.doesNotMatch(error.message, /^ *two$/m, "package names only hide the compiler's messages");
    const log = /are in (\S+\.log)/.exec(error.message)?.[1];
    assert.match(await readFile(log ?? "", "utf8"), /two(.|\n)*x\.go:1: undefined: y/);
  });

  it("is cleared of what an interrupted build left", async () => {
    const { key } = await recipe("etcd");
    const left = join(root, "cache", "builds", `${key}.partial`);
    await mkdir(left, { recursive: true });
    await writeFile(join(left, "etcd"), "half");
    const { etcd } = await ensureBuilt(["etcd"], report);
    assert.equal(await readFile(etcd, "utf8"), "whole\n");
    assert.deepEqual((await readdir(join(root, "cache", "builds"))).sort(), [key, "logs"]);
  });

  it("is filled once when two commands start together: the second waits, and says so", async function () {
    this.timeout(10_000);
    const second: string[] = [];
    await Promise.all([ensureBuilt(["etcd"], report), ensureBuilt(["etcd"], (line) => second.push(line))]);
    assert.equal((await calls()).filter((call) => call === "build").length, 1);
    assert.match([...lines, ...second].join("\n"), /waiting for another/);
  });
});
