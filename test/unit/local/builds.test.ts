import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { valid } from "semver";
import { commandName } from "../../../local/builds/build";
import { MODULES, moduleOf, type GoModule, type ModuleName } from "../../../local/builds/catalog";
import { goEnv, goProblem, isOlder } from "../../../local/builds/go";
import { buildProblem, requirePlatform, requireSpace } from "../../../local/builds/problems";
import { buildLine, paced } from "../../../local/builds/progress";
import { buildFlags, cacheKey, goPlatform, pinnedVersion, recipe } from "../../../local/builds/recipe";
import { UserError } from "../../../local/user-error";

const names = Object.keys(MODULES) as ModuleName[];
const etcd: GoModule = MODULES.etcd;

function pins(name: ModuleName, file: string): Promise<string> {
  return readFile(join(__dirname, "../../../local/builds/modules", name, file), "utf8");
}

describe("the pins of the builds", () => {
  for (const name of names) {
    it(`name an exact version of everything that ${name} is built from`, async () => {
      const lines = (await pins(name, "go.mod")).split("\n");
      const versions = lines.flatMap(
        (line) => /^\s*(?:require )?[\w./~-]+ (v\S+)|=> \S+ (\S+)$/.exec(line)?.slice(1, 3) ?? [],
      );
      assert.ok(versions.length > 0);
      assert.deepEqual(
        versions.filter((version) => version !== undefined && !valid(version)),
        [],
      );
    });

    it(`hold the checksum of ${name} itself`, async () => {
      const goMod = await pins(name, "go.mod");
      const module = MODULES[name].module;
      const replaced = new RegExp(`^replace ${module} => (\\S+ \\S+)$`, "m").exec(goMod)?.[1];
      const wanted = replaced ?? `${module} ${pinnedVersion(goMod, module)}`;
      assert.ok((await pins(name, "go.sum")).includes(`\n${wanted} h1:`), wanted);
    });

    it(`list the packages of ${name}, so that tidying keeps their pins`, async () => {
      const goMod = await pins(name, "go.mod");
      for (const path of Object.values(MODULES[name].programs).filter((path) => path !== ".")) {
        assert.match(goMod, new RegExp(`^(tool |\t)${path}$`, "m"));
      }
    });
  }

  it("replace all staging modules of Kubernetes by the release that fits", async () => {
    const goMod = await pins("kubernetes", "go.mod");
    const staging = pinnedVersion(goMod, "k8s.io/kubernetes").replace("v1.", "v0.");
    const replacements = goMod.split("\n").flatMap((line) => /=> k8s\.io\/\S+ (\S+)$/.exec(line)?.[1] ?? []);
    assert.ok(replacements.length > 20);
    assert.deepEqual([...new Set(replacements)], [staging]);
  });

  it("are read from go.mod, on a line of its own or in a block", () => {
    assert.equal(pinnedVersion("module x\n\nrequire a.b/c v1.2.3\n", "a.b/c"), "v1.2.3");
    assert.equal(
      pinnedVersion("require (\n\ta.b/c/d v0.1.0\n\ta.b/c v1.2.3 // indirect\n)", "a.b/c"),
      "v1.2.3",
    );
    assert.throws(() => pinnedVersion("require a.b/c v1.2.3", "a.b"), /a\.b/);
  });
});

describe("a build's recipe", () => {
  it("builds each program from exactly one module", () => {
    const programs = names.flatMap((name) => Object.keys(MODULES[name].programs));
    assert.equal(new Set(programs).size, programs.length);
    assert.equal(moduleOf("kubelet"), "kubernetes");
  });

  it("has a key that changes with the pins, the flags and the platform, and else does not", () => {
    const key = cacheKey([{ "go.mod": "a", "go.sum": "b" }, ["-x"], "linux/amd64"]);
    assert.equal(key, cacheKey([{ "go.mod": "a", "go.sum": "b" }, ["-x"], "linux/amd64"]));
    const others = [
      cacheKey([{ "go.mod": "A", "go.sum": "b" }, ["-x"], "linux/amd64"]),
      cacheKey([{ "go.mod": "a", "go.sum": "B" }, ["-x"], "linux/amd64"]),
      cacheKey([{ "go.mod": "a", "go.sum": "b" }, ["-y"], "linux/amd64"]),
      cacheKey([{ "go.mod": "a", "go.sum": "b" }, ["-x"], "linux/arm64"]),
    ];
    assert.equal(new Set([key, ...others]).size, 5);
  });

  it("is the same in every run", async () => {
    assert.deepEqual(await recipe("etcd"), await recipe("etcd"));
  });

  it("gives programs the version that is pinned", async () => {
    const { flags, version } = await recipe("kubernetes");
    assert.ok(flags.some((flag) => flag.endsWith(`k8s.io/component-base/version.gitVersion=${version}`)));
  });

  it("leaves no path of this machine in the programs", () => {
    assert.ok(buildFlags(etcd, "v1.0.0").includes("-trimpath"));
  });

  it("knows how Go names a command", () => {
    assert.equal(commandName("go.etcd.io/etcd/server/v3"), "server");
    assert.equal(commandName("k8s.io/kubernetes/cmd/kubelet"), "kubelet");
    assert.equal(commandName("example.org/v1beta"), "v1beta");
  });

  it("names the platform in Go's words", () => {
    assert.equal(goPlatform("linux", "x64"), "linux/amd64");
    assert.equal(goPlatform("darwin", "arm64"), "darwin/arm64");
    assert.equal(goPlatform("win32", "x64"), "windows/amd64");
  });
});

describe("the environment for Go", () => {
  const env = goEnv({
    BULKHEAD_CACHE: "/cache",
    GOFLAGS: "-mod=vendor",
    GOARCH: "mips",
    GOWORK: "/elsewhere/go.work",
    GOMODCACHE: "/elsewhere",
    GOPROXY: "https://proxy.example",
    GOTOOLCHAIN: "local",
  });

  it("overrides what of the user's would change or break a build", () => {
    assert.match(env["GOFLAGS"] ?? "", /^-mod=readonly/);
    assert.notEqual(env["GOARCH"], "mips");
    assert.equal(env["GOWORK"], "off");
  });

  it("keeps everything that Go writes in the cache", () => {
    assert.equal(env["GOMODCACHE"], "/cache/go/mod");
    assert.equal(env["GOCACHE"], "/cache/go/build");
  });

  it("keeps the user's way to fetch modules and toolchains", () => {
    assert.equal(env["GOPROXY"], "https://proxy.example");
    assert.equal(env["GOTOOLCHAIN"], "local");
  });
});

describe("the messages of a failed build", () => {
  const message = async (...output: string[]) =>
    buildProblem(await recipe("etcd"), output, "/cache/etcd.log").message;

  it("say which Go is needed when there is none, and how to get it", () => {
    assert.match(goProblem("1.26.0").message, /not installed.*1\.26\.0(.|\n)*apt-get(.|\n)*brew/);
  });

  it("say which Go was found when it is too old", () => {
    const stderr = "go: go.mod requires go >= 1.26.0 (running go 1.19.8; GOTOOLCHAIN=local)";
    assert.match(goProblem("1.26.0", { stderr }).message, /Go 1\.19\.8 is too old: 1\.26\.0 or newer/);
  });

  it("recognise a Go that is too old by its own version too: before 1.21, Go can't tell", () => {
    assert.ok(isOlder("go1.19.8\n", "1.26.0"));
    assert.ok(!isOlder("go1.26.0\n", "1.26.0"));
    assert.ok(!isOlder("go1.27rc1\n", "1.26.0"));
    assert.ok(!isOlder("devel\n", "1.26.0"));
  });

  it("show what Go said when it does not work", () => {
    assert.match(
      goProblem("1.26.0", { stderr: "go: no GOROOT\n" }).message,
      /Go does not work: go: no GOROOT/,
    );
  });

  it("tell apart a full disk, no network, no memory and a changed download", async () => {
    assert.match(await message("write /x: no space left on device"), /disk is full/);
    assert.match(await message("dial tcp: lookup proxy.example: no such host"), /proxy could not be reached/);
    assert.match(await message("link: signal: killed"), /out of memory/);
    assert.match(await message("verifying x@v1: checksum mismatch"), /differs from what go.sum pins/);
  });

  it("else show the compiler's last lines and name the log", async () => {
    const text = await message("# x", "x.go:1:2: undefined: y");
    assert.match(text, /x\.go:1:2: undefined: y/);
    assert.match(text, /\/cache\/etcd\.log/);
  });
});

describe("the checks before a build", () => {
  it("refuse to build a Linux node elsewhere, and name the way that works there", async () => {
    const node = await recipe("kubernetes");
    assert.throws(() => requirePlatform(node, "darwin"), /macOS(.|\n)*`existing`(.|\n)*kind/);
    assert.throws(() => requirePlatform(node, "win32"), /Windows/);
    requirePlatform(node, "linux");
  });

  it("let the engine be built on macOS", async () => {
    requirePlatform(await recipe("pulumi"), "darwin");
  });

  it("refuse to start when the disk has too little space, and say how much is needed", async () => {
    const recipes = [await recipe("kubernetes")];
    const needed = MODULES.kubernetes.mebibytes * 2 ** 20;
    assert.throws(() => requireSpace(needed - 1, recipes, "/cache"), UserError);
    assert.throws(
      () => requireSpace(0, recipes, "/cache"),
      /Kubernetes takes \d\.\d GiB.*\/cache has 0\.0 GiB free/,
    );
    requireSpace(needed, recipes, "/cache");
  });
});

describe("the progress of a build", () => {
  it("counts packages, with separators, and then says that it links", () => {
    assert.equal(buildLine("Kubernetes", 412, 1630), "building Kubernetes: 412 of 1,630 packages");
    assert.equal(buildLine("Kubernetes", 1630, 1630), "building Kubernetes: linking");
  });

  it("passes on one line per interval, not thousands", () => {
    const lines: string[] = [];
    const report = paced((line) => lines.push(line), 3_600_000);
    for (let i = 0; i < 1000; i++) {
      report(`${i}`);
    }
    assert.deepEqual(lines, ["0"]);
  });
});
