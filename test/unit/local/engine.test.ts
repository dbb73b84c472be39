import assert from "node:assert/strict";
import { access, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { recipe } from "../../../local/builds/recipe";
import { engineEnv, findEngine, kubernetesPlugin, standInHome, type Engine } from "../../../local/engine";
import { hostScript } from "../../../local/engine/built";
import { composeEnv } from "../../../local/engine/environment";
import { removeDeadLocks } from "../../../local/engine/stack-lock";
import { installedVersion, isNewEnough, OLDEST_ENGINE } from "../../../local/engine/version";
import { UserError } from "../../../local/user-error";

const silent = () => undefined;

describe("the engine", () => {
  const names = ["PATH", "BULKHEAD_CACHE", "BULKHEAD_ENGINE", "PULUMI_HOME"] as const;
  const saved = names.map((name) => process.env[name]);
  let root: string;
  let cache: string;
  let bin: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "bulkhead-engine-"));
    cache = join(root, "cache");
    bin = join(root, "bin");
    await mkdir(bin);
    names.forEach((name) => delete process.env[name]);
    process.env["BULKHEAD_CACHE"] = cache;
    process.env["PATH"] = `${bin}:/usr/bin:/bin`;
  });

  afterEach(async () => {
    names.forEach((name, index) => {
      const value = saved[index];
      if (value === undefined) {
        delete process.env[name];
      } else {
        process.env[name] = value;
      }
    });
    await rm(root, { recursive: true });
  });

  const script = (name: string, text: string) =>
    writeFile(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });

  async function fillBuilds(): Promise<void> {
    for (const name of ["pulumi", "pulumi-nodejs"] as const) {
      const folder = join(cache, "builds", (await recipe(name)).key);
      await mkdir(folder, { recursive: true });
      const program = name === "pulumi" ? "pulumi" : "pulumi-language-nodejs";
      await writeFile(join(folder, program), "#!/bin/sh\n", { mode: 0o755 });
    }
  }

  describe("on PATH", () => {
    it("is used when it is new enough and has a Node language host", async () => {
      await script("pulumi", "echo v3.999.0");
      await script("pulumi-language-nodejs", "");
      assert.deepEqual(await findEngine(silent), { source: "path", pulumi: join(bin, "pulumi") });
    });

    it("is refused when too old, and the message says which is needed", async () => {
      await script("pulumi", "echo v3.100.0");
      await script("pulumi-language-nodejs", "");
      process.env["BULKHEAD_ENGINE"] = "path";
      await assert.rejects(findEngine(silent), (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.what, /v3\.100\.0, older than/);
        assert.ok(error.what.includes(OLDEST_ENGINE));
        return true;
      });
    });

    it("is not even run without a language host, because npm's wrapper would download", async () => {
      await script("pulumi", `touch ${root}/was-run; echo v3.999.0`);
      process.env["BULKHEAD_ENGINE"] = "path";
      await assert.rejects(findEngine(silent), /no pulumi-language-nodejs/);
      await assert.rejects(access(join(root, "was-run")));
    });

    it("is refused when it does not run", async () => {
      await script("pulumi", "exit 1");
      await script("pulumi-language-nodejs", "");
      process.env["BULKHEAD_ENGINE"] = "path";
      await assert.rejects(findEngine(silent), /does not run/);
    });
  });

  describe("from builds", () => {
    it("is used at once when it is built, with its language host beside it", async () => {
      await fillBuilds();
      const lines: string[] = [];
      const engine = await findEngine((line) => lines.push(line));
      assert.equal(engine.source, "build");
      assert.deepEqual((await readdir(dirname(engine.pulumi))).sort(), ["pulumi", "pulumi-language-nodejs"]);
      assert.deepEqual(lines, []);
      assert.deepEqual(await findEngine(silent), engine);
    });

    it("is used when BULKHEAD_ENGINE asks for it, though there is one on PATH", async () => {
      await fillBuilds();
      await script("pulumi", "echo v3.999.0");
      await script("pulumi-language-nodejs", "");
      process.env["BULKHEAD_ENGINE"] = "build";
      assert.equal((await findEngine(silent)).source, "build");
    });

    it("gives the language host the options of Pulumi.yaml, which it can't read itself", () => {
      assert.match(
        hostScript("/x/host"),
        /exec "\/x\/host" -typescript=false -nodeargs="--import tsx" "\$@"/,
      );
    });
  });

  it("is never one that BULKHEAD_ENGINE does not know", async () => {
    process.env["BULKHEAD_ENGINE"] = "paht";
    await assert.rejects(findEngine(silent), /"paht"(.|\n)*path, download, build/);
  });

  it("is new enough from the tested version on", () => {
    assert.ok(isNewEnough(`v${OLDEST_ENGINE}\n`));
    assert.ok(isNewEnough("v4.0.0"));
    assert.ok(isNewEnough("v3.300.1-alpha.1"));
    assert.ok(!isNewEnough("v3.229.9"));
    assert.ok(!isNewEnough("pulumi"));
  });

  describe("runs in an environment", () => {
    it("that keeps state and passphrase in the cache", () => {
      const env = composeEnv("/e/pulumi", "/home", "/a b/cache", { PATH: "/usr/bin" });
      assert.equal(env["PULUMI_BACKEND_URL"], "file:///a%20b/cache/state");
      assert.equal(env["PULUMI_CONFIG_PASSPHRASE_FILE"], "/a b/cache/passphrase");
      assert.equal(env["PULUMI_HOME"], "/home");
      assert.equal(env["PATH"], `/e:${dirname(process.execPath)}:/usr/bin`);
    });

    it("that keeps the user's backend, passphrase and home", () => {
      const user = { PULUMI_BACKEND_URL: "s3://x", PULUMI_CONFIG_PASSPHRASE: "", PULUMI_HOME: "/mine" };
      const env = composeEnv("/e/pulumi", undefined, "/cache", user);
      assert.equal(env["PULUMI_BACKEND_URL"], "s3://x");
      assert.equal(env["PULUMI_CONFIG_PASSPHRASE_FILE"], undefined);
      assert.equal(env["PULUMI_HOME"], "/mine");
    });

    it("whose passphrase is made once, for the user's eyes only", async () => {
      const engine: Engine = { source: "build", pulumi: "/e/pulumi" };
      const [one] = await Promise.all([engineEnv(engine, undefined), engineEnv(engine, undefined)]);
      const file = one["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "";
      const passphrase = await readFile(file, "utf8");
      assert.ok(passphrase.length >= 40);
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      await engineEnv(engine, undefined);
      assert.equal(await readFile(file, "utf8"), passphrase);
      assert.deepEqual((await readdir(cache)).sort(), ["passphrase", "state"]);
    });
  });

  describe("and its kubernetes plugin", () => {
    const engine: Engine = { source: "build", pulumi: "/e/pulumi" };
    const folder = `plugins/resource-kubernetes-v${installedVersion("@pulumi/kubernetes")}`;

    it("are the real one where it is installed", async () => {
      const home = join(cache, "engine", "home");
      await mkdir(join(home, folder), { recursive: true });
      await writeFile(join(home, folder, "pulumi-resource-kubernetes"), "");
      assert.deepEqual(await kubernetesPlugin(engine, silent), { kind: "real", home });
    });

    it("are the user's own where it lies on PATH", async () => {
      await script("pulumi-resource-kubernetes", "");
      assert.equal((await kubernetesPlugin(engine, silent)).kind, "real");
    });

    it("are the stand-in under the SDK's version, in a home of its own, so that it shadows no real one", async () => {
      const home = await standInHome();
      assert.ok(home.startsWith(cache));
      const plugin = join(home, folder, "pulumi-resource-kubernetes");
      const code = /exec "\S*node" "(\S+)" "\$@"/.exec(await readFile(plugin, "utf8"))?.[1];
      await access(code ?? "no code");
      assert.equal((await stat(plugin)).mode & 0o111, 0o111);
      assert.equal(await standInHome(), home);
    });
  });

  describe("and the locks on a stack", () => {
    let locks: string;
    const lock = (name: string, pid: number, host: string) =>
      writeFile(join(locks, `${name}.json`), JSON.stringify({ pid, username: "u", hostname: host }));

    beforeEach(async () => {
      locks = join(root, "state/.pulumi/locks/organization/bulkhead/dev");
      await mkdir(locks, { recursive: true });
    });

    it("go when the engine that took them was killed", async () => {
      const gone = spawn("true");
      await once(gone, "exit");
      await lock("gone", gone.pid ?? 0, hostname());
      await lock("reused", process.pid, hostname());
      await removeDeadLocks(join(root, "state"), "bulkhead", "dev");
      assert.deepEqual(await readdir(locks), []);
    });

    it("stay when the engine runs, or ran on another machine", async function () {
      if (process.platform !== "linux") {
        this.skip();
      }
      await copyFile("/bin/sleep", join(bin, "pulumi"));
      const running = spawn(join(bin, "pulumi"), ["600"]);
      await once(running, "spawn");
      await lock("running", running.pid ?? 0, hostname());
      await lock("elsewhere", 2 ** 22 + 1, `not-${hostname()}`);
      await removeDeadLocks(join(root, "state"), "bulkhead", "dev");
      running.kill();
      await once(running, "exit");
      assert.deepEqual((await readdir(locks)).sort(), ["elsewhere.json", "running.json"]);
    });

    it("are none when the stack was never updated", async () => {
      await removeDeadLocks(join(root, "nowhere"), "bulkhead", "dev");
    });
  });
});
