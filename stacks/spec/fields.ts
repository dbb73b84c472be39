import { z } from "zod";

import { Isolation, Runtime, TaintEffect } from "../../components/plan/vocabulary";
import { TenantRole } from "../../components/tenancy/roles";

/** A DNS label: what Kubernetes allows as the name of a namespace (RFC 1123). */
const dnsLabel = z
  .string()
  .regex(
    /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "must be a DNS label: 1 to 63 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash",
  );

const quantity = (example: string, pattern: RegExp) =>
  z.preprocess(
    (value) => (typeof value === "number" ? String(value) : value),
    z.string().regex(pattern, `must be a positive Kubernetes quantity such as ${example}`),
  );
const cpu = quantity("`2` or `500m` (vCPU)", /^(?=.*[1-9])(\d+(\.\d{1,3})?|\d+m)$/);
const bytes = quantity("`512Mi` or `4Gi`", /^(?=.*[1-9])\d+(\.\d+)?(Ki|Mi|Gi|Ti|k|M|G|T)?$/);

const labelKey = z
  .string()
  .regex(
    /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    "must be a Kubernetes label key such as `example.com/pool`",
  );
const labelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
    "must be a Kubernetes label value: at most 63 letters, digits, dashes, underscores and dots",
  );

const taint = z
  .strictObject({
    key: labelKey.describe("Key of the taint, such as `example.com/sandbox`."),
    value: labelValue.optional().describe("Value of the taint. Default: empty."),
    effect: z.enum(TaintEffect).describe("What it does to pods that do not tolerate it."),
  })
  .describe("A taint that every node of the pool carries; pods of the pool's runtimes get to tolerate it.");

/** What every target's pools have. */
export const pool = z.strictObject({
  name: dnsLabel.describe("Name of the pool, unique in the environment."),
  runtimes: z
    .array(z.enum(Runtime))
    .min(1, "must name at least one runtime")
    .describe("Runtimes whose handler every node of the pool serves."),
});

/** The pool of this machine. Its node serves gVisor alone: Kata wants hardware virtualization that it may lack. */
export const localPool = pool.extend({
  runtimes: z
    .array(z.enum([Runtime.Gvisor]))
    .min(1, "must name at least one runtime")
    .describe("Runtimes that the local node offers: gVisor."),
});

/** A pool of nodes that exist already, found by their labels. */
export const existingPool = pool.extend({
  nodeLabels: z
    .record(labelKey, labelValue)
    .refine((labels) => Object.keys(labels).length > 0, "must hold at least one label")
    .describe(
      "Labels that every node of the pool carries, and no other node carries all of. The RuntimeClasses and the " +
        "probe find the pool's nodes by them.",
    ),
  taints: z.array(taint).default([]).describe("Taints that every node of the pool carries. Default: none."),
});

const member = z
  .strictObject({
    user: z.string().min(1).optional().describe("Name of a user, as the cluster's authentication gives it."),
    group: z
      .string()
      .min(1)
      .optional()
      .describe("Name of a group, as the cluster's authentication gives it."),
    role: z
      .enum(TenantRole)
      .describe(
        "What they may do: `viewer` looks at workloads and logs; `developer` also deploys and opens shells; " +
          "`owner` also reads and writes Secrets.",
      ),
  })
  .refine(
    (given) => (given.user === undefined) !== (given.group === undefined),
    "must have exactly one of user and group",
  )
  .describe("A user or a group, and what they may do in the tenant's namespace.");

// Names that Kubernetes or Bulkhead itself use; a tenant of that name would take over a system namespace.
const reservedNamespace = /^(default$|kube-|bulkhead-)/;

export const tenant = z.strictObject({
  name: dnsLabel
    .refine(
      (name) => !reservedNamespace.test(name),
      "must be another name: it is also the tenant's namespace, and `default`, `kube-…` and `bulkhead-…` belong to the platform",
    )
    .describe("Name of the tenant and of its namespace."),
  isolation: z
    .enum(Isolation)
    .default(Isolation.Gvisor)
    .describe(
      "What the tenant's pods run in. Default: `gvisor`, which any machine can run. `sharedKernel` means plain " +
        "containers, for tenants trusted as much as the nodes themselves, and is warned of.",
    ),
  quota: z
    .strictObject({
      cpu: cpu.optional().describe("CPU of all pods together, in vCPU. Default: `2`."),
      memory: bytes.optional().describe("Memory of all pods together. Default: `4Gi`."),
      pods: z
        .int()
        .min(1)
        .max(10_000)
        .optional()
        .describe("Number of pods that are not finished. Default: 20."),
      storage: bytes.optional().describe("Storage of all volume claims together. Default: `10Gi`."),
    })
    .default({})
    .describe(
      "How much of the cluster the tenant may take; requests and limits are held to the same numbers.",
    ),
  containers: z
    .strictObject({
      cpuRequest: cpu.optional().describe("CPU requested. Default: `50m`."),
      memoryRequest: bytes.optional().describe("Memory requested. Default: `64Mi`."),
      cpuLimit: cpu.optional().describe("CPU at most. Default: `250m`."),
      memoryLimit: bytes.optional().describe("Memory at most. Default: `128Mi`."),
    })
    .default({})
    .describe("What containers get that ask for nothing."),
  members: z
    .array(member)
    .default([])
    .describe("Who may do what in the tenant's namespace. Default: nobody."),
  canary: z
    .boolean()
    .default(false)
    .describe(
      "Runs a small web server in the tenant's sandbox that answers with the kernel it sees. Costs one pod of the quota.",
    ),
});

const overhead = z
  .strictObject({
    cpu: cpu.describe("CPU, in vCPU."),
    memory: bytes.describe("Memory."),
  })
  .describe(
    "CPU and memory that a sandbox costs on top of its containers; counts in scheduling and in quota.",
  );

/** How a runtime is served and what it costs; the defaults differ by runtime. */
export const runtimeSettings = (defaults: { handler: string; overhead: { cpu: string; memory: string } }) =>
  z
    .strictObject({
      handler: dnsLabel
        .default(defaults.handler)
        .describe(`Name of the containerd handler on the nodes. Default: \`${defaults.handler}\`.`),
      overhead: overhead
        .default(defaults.overhead)
        .describe(
          `Cost of one pod's sandbox. Default: ${defaults.overhead.cpu} CPU, ${defaults.overhead.memory} memory.`,
        ),
    })
    .prefault({})
    .describe("How pods of this runtime are served, and what they cost.");

/** Name of a cluster. */
export const clusterName = dnsLabel;
