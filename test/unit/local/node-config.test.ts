import assert from "node:assert/strict";
import { parse } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { parseHierarchies } from "../../../local/node/cgroups";
import { flags } from "../../../local/node/component";
import { containerdConfig } from "../../../local/node/containerd-config";
import { kubeletConfig } from "../../../local/node/kubelet-config";

describe("the configuration of a node", () => {
  it("gives containerd the handler of gVisor, and lets installers add theirs", () => {
    const config = parse(containerdConfig({ root: "/data", cni: "/plugins" })) as {
      imports: string[];
      plugins: Record<string, { containerd?: { runtimes: Record<string, { runtime_type: string }> } }>;
    };
    const runtimes = config.plugins["io.containerd.cri.v1.runtime"]?.containerd?.runtimes;
    assert.equal(runtimes?.["runsc"]?.runtime_type, "io.containerd.runsc.v1");
    assert.deepEqual(config.imports, ["/etc/containerd/conf.d/*.toml"]);
  });

  it("registers the node with its taints", () => {
    const taints = [{ key: "a", value: "b", effect: "NoSchedule" as const }];
    const config = parseYaml(kubeletConfig({ taints }, "/pki")) as { registerWithTaints: unknown };
    assert.deepEqual(config.registerWithTaints, taints);
  });

  it("lets nobody at the kubelet without a certificate", () => {
    const config = parseYaml(kubeletConfig({ taints: [] }, "/pki")) as Record<
      string,
      Record<string, unknown>
    >;
    assert.deepEqual(config["authentication"]?.["anonymous"], { enabled: false });
    assert.equal(config["authorization"]?.["mode"], "Webhook");
  });

  it("writes flags as programs read them", () => {
    assert.deepEqual(flags({ port: 1, on: true, name: "x" }), ["--port=1", "--on=true", "--name=x"]);
  });

  it("finds cgroups of both versions", () => {
    const mounts = [
      "tmpfs /sys/fs/cgroup tmpfs rw 0 0",
      "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0",
      "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0",
    ].join("\n");
    assert.deepEqual(parseHierarchies(mounts), [
      { mountPoint: "/sys/fs/cgroup/memory", version: 1 },
      { mountPoint: "/sys/fs/cgroup/unified", version: 2 },
    ]);
  });
});
