import { z } from "zod";

import { Runtime } from "../../components/plan/vocabulary";
import { clusterName, existingPool, localPool, runtimeSettings, tenant } from "./fields";

/** Where a cluster lives. */
export const Target = { Existing: "existing", Local: "local" } as const;
export type Target = (typeof Target)[keyof typeof Target];

/** Image of the probe and of the canaries: BusyBox from its official repository, by digest. */
const BUSYBOX =
  "docker.io/library/busybox:1.37.0@sha256:9db7b59979c38555a39def84a31fb98b5296952f9e3afd4f6f11f05b07adfab0";

/** Image of the same kind that the local node builds for itself, because it has no registry. */
const LOCAL_BUSYBOX = "bulkhead.local/busybox:1";

const target = z.enum(Target).describe("Where the cluster lives.");

const runtimes = z
  .strictObject({
    [Runtime.Gvisor]: runtimeSettings({ handler: "runsc", overhead: { cpu: "50m", memory: "64Mi" } }),
    // Kata's default since 4.0 is the QEMU machine of its Rust runtime; 320Mi is what its chart reckons for it.
    [Runtime.Kata]: runtimeSettings({
      handler: "kata-qemu-runtime-rs",
      overhead: { cpu: "250m", memory: "320Mi" },
    }),
  })
  .prefault({})
  .describe("How runtimes are served on the nodes, where it differs from the default.");

const shellImage = (fallback: string) =>
  z
    .string()
    .min(1)
    .default(fallback)
    .describe(
      "Image with a POSIX shell and an `httpd`, for the probe and the canaries; name a mirror of your own by digest. " +
        `Default: ${fallback}.`,
    );

const tenants = z.array(tenant).default([]).describe("The tenants of the cluster.");

const onlyPool: z.output<typeof localPool> = { name: "local", runtimes: [Runtime.Gvisor] };

/** An environment on this machine. */
export const localEnvironment = z.strictObject({
  target,
  cluster: z
    .strictObject({ name: clusterName.default("dev").describe("Name of the local node. Default: `dev`.") })
    .prefault({})
    .describe("The local node."),
  pools: z
    .array(localPool)
    .max(1, "must hold one pool at most, because this machine is one node")
    .default([])
    .transform((pools) => (pools.length > 0 ? pools : [onlyPool]))
    .describe("The pool of this machine. Default: one, `local`, that offers gVisor."),
  runtimes,
  tenants,
  shellImage: shellImage(LOCAL_BUSYBOX),
});

/** An environment on a cluster that exists already. */
export const existingEnvironment = z.strictObject({
  target,
  cluster: z
    .strictObject({
      kubeconfig: z
        .string()
        .min(1)
        .optional()
        .describe(
          "A kubeconfig: the path of the file, or its content, which belongs into the stack file as a secret " +
            "(`pulumi config set --secret --path bulkhead:cluster.kubeconfig`).",
        ),
      context: z
        .string()
        .min(1)
        .optional()
        .describe("Context of the kubeconfig. Default: its current context."),
      stack: z
        .string()
        .min(1)
        .optional()
        .describe("Another stack that has the kubeconfig as an output, such as `acme/clusters/prod`."),
      output: z.string().min(1).default("kubeconfig").describe("Name of that output. Default: `kubeconfig`."),
    })
    .refine(
      (cluster) => (cluster.kubeconfig === undefined) !== (cluster.stack === undefined),
      "must have exactly one of kubeconfig (a path, or content as a secret) and stack (another stack that outputs one)",
    )
    .describe("How to reach the cluster: by a kubeconfig or by another stack's output."),
  pools: z.array(existingPool).default([]).describe("The pools of the cluster whose nodes serve a runtime."),
  runtimes,
  tenants,
  shellImage: shellImage(BUSYBOX),
});

/** The schema of each target's environment. */
export const environments = { existing: existingEnvironment, local: localEnvironment } as const;

export type LocalEnvironment = z.output<typeof localEnvironment> & { target: "local" };
export type ExistingEnvironment = z.output<typeof existingEnvironment> & { target: "existing" };
/** One environment, as its stack file describes it, with every default filled in. */
export type Environment = LocalEnvironment | ExistingEnvironment;
