import assert from "node:assert/strict";
import { requireNodeSupport, thisMachine, type Machine } from "../../../local/node/requirements";
import { UserError } from "../../../local/user-error";

const GOOD: Machine = {
  platform: "linux",
  uid: 0,
  filesystems: ["ext4", "overlay"],
  namespaces: ["user", "mnt", "net", "pid", "ipc", "uts", "cgroup"],
  maxUserNamespaces: 1000,
  onOverlay: false,
  freeMebibytes: 100_000,
};

describe("what a machine needs to be a node", () => {
  it("is there on a usual Linux as root", () => {
    requireNodeSupport(GOOD);
  });

  const cases: [string, Partial<Machine>, RegExp][] = [
    ["macOS", { platform: "darwin" }, /Linux only[^]*kind/],
    ["Windows, which knows no user ids", { platform: "win32", uid: -1 }, /Linux only[^]*kind/],
    ["a user without rights", { uid: 1000 }, /root[^]*sudo[^]*kind/],
    ["a kernel without overlayfs", { filesystems: ["ext4"] }, /overlayfs/],
    [
      "a kernel without network namespaces",
      { namespaces: ["user", "mnt", "pid"] },
      /net namespaces, cgroup namespaces, ipc/,
    ],
    ["user namespaces that are switched off", { maxUserNamespaces: 0 }, /user\.max_user_namespaces is 0/],
    ["a container's own file system", { onOverlay: true }, /overlayfs[^]*BULKHEAD_CACHE/],
    ["a full disk", { freeMebibytes: 5 }, /1024 MiB[^]*5 MiB[^]*BULKHEAD_CACHE/],
  ];
  for (const [what, change, message] of cases) {
    it(`is missed, and named, on ${what}`, () => {
      assert.throws(
        () => requireNodeSupport({ ...GOOD, ...change }),
        (error) => error instanceof UserError && message.test(error.message),
      );
    });
  }

  it("lists everything that the kernel lacks at once", () => {
    assert.throws(
      () => requireNodeSupport({ ...GOOD, filesystems: [], maxUserNamespaces: 0 }),
      /user namespaces.*overlayfs/,
    );
  });

  it("is read from the machine that this runs on", async () => {
    const machine = await thisMachine(__dirname);
    assert.equal(machine.platform, process.platform);
    assert(machine.freeMebibytes > 0);
  });
});
