import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { ensureBuilt } from "../../local/builds";
import { readLayout } from "../../local/node/layout";
import { nodeStatus, startNode, stopNode, type RunningNode } from "../../local/node/lifecycle";
import { nodeDir, nodesDir } from "../../local/node/paths";
import { UserError } from "../../local/user-error";
import { eventually, kubectl, type Kubectl } from "../support/kubectl";

/** Not the shared node: this one is killed and brought back. */
const NAME = "test-lifecycle";
/** Where Kubernetes and container runtimes usually leave things. */
const USUAL_PLACES = [
  "/etc/cni",
  "/etc/containerd",
  "/opt/containerd",
  "/run/cni",
  "/run/containerd",
  "/run/netns",
  "/run/runc",
  "/run/runsc",
  "/var/lib/cni",
  "/var/lib/containerd",
  "/var/lib/kubelet",
  "/var/log/containers",
  "/var/log/pods",
];

describe("the life of a node", function () {
  this.timeout(180_000);

  let tracesBefore: Traces;
  let node: RunningNode;
  let pids: string;
  let cluster: Kubectl;
  const start = (): Promise<RunningNode> => startNode({ name: NAME }, () => undefined);

  before("start the node", async function () {
    this.timeout(0);
    await stopNode(NAME, () => undefined);
    tracesBefore = await traces();
    node = await start();
    pids = await readlink(`/proc/${node.pid}/ns/pid_for_children`);
    const { kubectl: program } = await ensureBuilt(["kubectl"], () => undefined);
    cluster = kubectl(program, node.kubeconfig);
  });

  after(() => stopNode(NAME, () => undefined));

  it("keeps its secrets from other users", async () => {
    for (const file of ["", "kubeconfig", "kubelet.conf", "pki/ca.key", "pki/admin.key"]) {
      const { mode } = await stat(`${nodeDir(NAME)}/${file}`);
      assert.equal(mode & 0o077, 0, `${file} is closed to others`);
    }
  });

  it("starts only once", async () => {
    assert.deepEqual(await start(), node);
  });

  it("lets only one process at it, and says which", async () => {
    await assert.rejects(
      Promise.all([start(), start()]),
      (error) => error instanceof UserError && error.what.includes(`Process ${process.pid} is starting`),
    );
  });

  it("changes its labels while it runs", async () => {
    const labels = (): Promise<string> =>
      cluster("get", "node", node.nodeName, "-o", "jsonpath={.metadata.labels.colour}");
    await startNode({ name: NAME, labels: { colour: "blue" } }, () => undefined);
    assert.equal(await labels(), "blue");
    await start();
    assert.equal(await labels(), "");
  });

  it("brings back a program that ends", async () => {
    const restarts = async (): Promise<number | undefined> => {
      const status = await nodeStatus(NAME);
      assert(status.state === "running");
      return status.report?.components.find(({ name }) => name === "containerd")?.restarts;
    };
    assert.equal(await restarts(), 0);
    process.kill(await programIn(pids, "containerd"), "SIGKILL");
    await eventually("containerd is restarted", async () => (await restarts()) === 1);
    await eventually("the node takes pods", async () =>
      (await cluster("get", "nodes", "--no-headers")).includes(" Ready "),
    );
  });

  it("brings back the same cluster after all of it was killed", async () => {
    const access = await readFile(node.kubeconfig, "utf8");
    const uid = (): Promise<string> => cluster("get", "namespace", "kept", "-o", "jsonpath={.metadata.uid}");
    await cluster("create", "namespace", "kept");
    const created = await uid();
    process.kill(node.pid, "SIGKILL");
    await eventually("the node has stopped", async () => (await nodeStatus(NAME)).state === "stopped");

    const again = await start();

    assert.notEqual(again.pid, node.pid);
    assert.equal(await readFile(again.kubeconfig, "utf8"), access);
    assert.equal(await uid(), created);
    assert.equal((await nodeStatus(NAME)).state, "running");
  });

  it("goes on after a start that was cut off", async () => {
    await stopNode(NAME, () => undefined);
    const cutOff = startNode({ name: NAME }, (step) => {
      if (step.includes("API server")) {
        throw new Error("cut off");
      }
    });
    await assert.rejects(cutOff, /cut off/);
    node = await start();
    pids = await readlink(`/proc/${node.pid}/ns/pid_for_children`);
  });

  it("leaves nothing behind when it stops", async () => {
    const { link } = (await readLayout(nodeDir(NAME))).network;
    const own = async (): Promise<string[]> => [
      ...(await readdir("/sys/class/net")).filter((name) => name === link),
      ...(await cgroups()).filter((path) => path.includes(link)),
    ];
    assert((await own()).length > 1, "it has a link, and cgroups");
    await stopNode(NAME, () => undefined);
    assert.deepEqual(await own(), []);
    assert.deepEqual(await processesIn(pids), []);
    assert.equal(existsSync(nodeDir(NAME)), false);
    assert.deepEqual(await traces(), tracesBefore);
    assert.deepEqual(await nodeStatus(NAME), { state: "absent" });
  });

  it("may be stopped when it is not there", async () => {
    await stopNode(NAME, () => undefined);
  });
});

/** What a node could leave on a machine where other things go on at the same time. */
interface Traces {
  readonly mounts: readonly string[];
  readonly places: readonly string[];
  readonly cgroups: readonly string[];
  readonly locks: readonly string[];
}

async function traces(): Promise<Traces> {
  const mounts = await readFile("/proc/self/mounts", "utf8");
  return {
    mounts: mounts.split("\n").filter((line) => line.includes(nodeDir(NAME)) || line.includes("kubelet")),
    places: await contents(USUAL_PLACES),
    // Not those inside of other nodes, which come and go.
    cgroups: (await cgroups()).filter((path) => /kube|k8s|containerd|runsc/.test(path) && !/bulk/.test(path)),
    locks: (await readdir(nodesDir())).filter((file) => file.includes(NAME)),
  };
}

async function cgroups(): Promise<string[]> {
  const entries = await readdir("/sys/fs/cgroup", { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ parentPath, name }) => `${parentPath}/${name}`);
}

async function contents(folders: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    folders
      .filter((folder) => existsSync(folder))
      .map(async (folder) => (await readdir(folder)).map((entry) => `${folder}/${entry}`)),
  );
  return lists.flat().sort();
}

async function processesIn(pids: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir("/proc")) {
    const namespace = await readlink(`/proc/${entry}/ns/pid`).catch(() => undefined);
    if (namespace === pids) {
      found.push(Number(entry));
    }
  }
  return found;
}

async function programIn(pids: string, program: string): Promise<number> {
  for (const pid of await processesIn(pids)) {
    if ((await readFile(`/proc/${pid}/comm`, "utf8")).trim() === program) {
      return pid;
    }
  }
  throw new Error(`the node runs no ${program}`);
}
