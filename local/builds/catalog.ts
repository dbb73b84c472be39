/** A Go module that we build programs from. Its folder under `modules/` holds the pins, in go.mod and go.sum. */
export interface GoModule {
  /** What the progress lines and messages call it. */
  readonly title: string;
  /** Module path whose `require` line in go.mod is the version of the programs. */
  readonly module: string;
  /** Programs and the packages that they are built from; "." is the main.go in the folder. */
  readonly programs: Readonly<Record<string, string>>;
  /** Go variable that the program reads its version from. */
  readonly versionVariable?: string;
  /** Build tags. */
  readonly tags?: readonly string[];
  /** Whether the programs only make sense on Linux. */
  readonly linuxOnly?: true;
  /** MiB that a cold build adds to the cache (sources, Go's build cache, programs), rounded up. */
  readonly mebibytes: number;
}

function commands<Name extends string>(prefix: string, ...names: Name[]): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, `${prefix}/${name}`])) as Record<Name, string>;
}

/** Every module, by its folder, in the order of building: first what the node needs to start. */
export const MODULES = {
  etcd: {
    title: "etcd",
    module: "go.etcd.io/etcd/server/v3",
    programs: { etcd: "go.etcd.io/etcd/server/v3" },
    linuxOnly: true,
    mebibytes: 600,
  },
  kubernetes: {
    title: "Kubernetes",
    module: "k8s.io/kubernetes",
    programs: commands(
      "k8s.io/kubernetes/cmd",
      "kube-apiserver",
      "kube-controller-manager",
      "kube-scheduler",
      "kube-proxy",
      "kubelet",
      "kubectl",
    ),
    versionVariable: "k8s.io/component-base/version.gitVersion",
    linuxOnly: true,
    mebibytes: 3700,
  },
  containerd: {
    title: "containerd",
    module: "github.com/containerd/containerd/v2",
    programs: commands(
      "github.com/containerd/containerd/v2/cmd",
      "containerd",
      "containerd-shim-runc-v2",
      "ctr",
    ),
    versionVariable: "github.com/containerd/containerd/v2/version.Version",
    // Snapshotters that need kernel headers or tools, and that the node does not use.
    tags: ["no_btrfs", "no_zfs"],
    linuxOnly: true,
    mebibytes: 1000,
  },
  gvisor: {
    title: "gVisor",
    module: "gvisor.dev/gvisor",
    programs: {
      runsc: "gvisor.dev/gvisor/runsc",
      "containerd-shim-runsc-v1": "gvisor.dev/gvisor/shim",
    },
    versionVariable: "gvisor.dev/gvisor/runsc/version.version",
    linuxOnly: true,
    mebibytes: 800,
  },
  coredns: {
    title: "CoreDNS",
    module: "github.com/coredns/coredns",
    // Our own list of plugins: see main.go.
    programs: { coredns: "." },
    linuxOnly: true,
    mebibytes: 800,
  },
  "kube-router": {
    title: "kube-router",
    module: "github.com/cloudnativelabs/kube-router/v2",
    programs: { "kube-router": "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router" },
    linuxOnly: true,
    mebibytes: 900,
  },
  pulumi: {
    title: "the Pulumi engine",
    module: "github.com/pulumi/pulumi/pkg/v3",
    programs: { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" },
    versionVariable: "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
    mebibytes: 2500,
  },
  "pulumi-nodejs": {
    title: "Pulumi's Node language host",
    module: "github.com/pulumi/pulumi/sdk/v3",
    programs: {
      "pulumi-language-nodejs": "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    },
    mebibytes: 400,
  },
  helm: {
    title: "Helm",
    module: "helm.sh/helm/v3",
    programs: { helm: "helm.sh/helm/v3/cmd/helm" },
    versionVariable: "helm.sh/helm/v3/internal/version.version",
    mebibytes: 1000,
  },
} as const satisfies Record<string, GoModule>;

/** Folder name of a module under `modules/`. */
export type ModuleName = keyof typeof MODULES;

type Programs<M> = M extends { readonly programs: infer P } ? keyof P & string : never;

/** Program that can be built: a closed set. */
export type BuildName = { [N in ModuleName]: Programs<(typeof MODULES)[N]> }[ModuleName];

/** The module that a program is built from. */
export function moduleOf(program: BuildName): ModuleName {
  const found = (Object.keys(MODULES) as ModuleName[]).find((name) => program in MODULES[name].programs);
  if (!found) {
    throw new Error(`no module builds ${program}`);
  }
  return found;
}
