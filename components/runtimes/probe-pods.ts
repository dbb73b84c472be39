import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { DOMAIN, managedLabels, POOL_LABEL } from "../labels";
import type { Pool } from "../plan/pool";
import type { Runtime } from "../plan/vocabulary";
import { restrictedContainer, restrictedPod } from "../restricted";
import { sightingScript } from "./evidence";

/** Seconds that a probe pod may take to be scheduled, pulled, started and done: a pool may scale up from zero for it. */
const TIMEOUT_SECONDS = 600;

/** Annotation of a sandboxed probe pod: the handler that it proves. Another handler needs another proof. */
const HANDLER_ANNOTATION = `${DOMAIN}/handler`;

/** What every probe pod of a pool has in common. */
export interface ProbePodArgs {
  namespace: pulumi.Input<string>;
  pool: Pool;
  image: string;
}

/**
 * The negative control: a plain pod on the node's own kernel, which also reads the node's boot id from the
 * node's /proc. The read-only file from the node is why the probe's namespace can't be under a stricter Pod
 * Security level; it comes from the kernel itself, not from the container runtime that is being judged.
 */
export function controlPod(name: string, args: ProbePodArgs, opts: pulumi.CustomResourceOptions) {
  return new k8s.core.v1.Pod(
    name,
    {
      metadata: metadata(args, `${args.pool.name}-control`),
      spec: {
        ...basePodSpec(args.image, [{ name: "node-boot-id", mountPath: "/node/boot_id", readOnly: true }]),
        nodeSelector: args.pool.nodeLabels,
        tolerations: args.pool.taints.map((taint) => ({ operator: "Exists", key: taint.key })),
        volumes: [
          { name: "node-boot-id", hostPath: { path: "/proc/sys/kernel/random/boot_id", type: "File" } },
        ],
      },
    },
    opts,
  );
}

/** A pod in the runtime under proof, on the very node of the control so that the two can be compared. */
export function sandboxedPod(
  name: string,
  args: ProbePodArgs & { runtime: Runtime; handler: string; node: pulumi.Output<string> },
  opts: pulumi.CustomResourceOptions,
) {
  return new k8s.core.v1.Pod(
    name,
    {
      metadata: metadata(args, `${args.pool.name}-${args.runtime}`, { [HANDLER_ANNOTATION]: args.handler }),
      spec: {
        ...basePodSpec(args.image, []),
        runtimeClassName: args.runtime,
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchFields: [{ key: "metadata.name", operator: "In", values: [args.node] }] },
              ],
            },
          },
        },
      },
    },
    { ...opts, replaceOnChanges: ["metadata.annotations"] },
  );
}

function metadata(args: ProbePodArgs, name: string, annotations: Record<string, string> = {}) {
  return {
    name,
    namespace: args.namespace,
    labels: { ...managedLabels("probe"), [POOL_LABEL]: args.pool.name },
    annotations: {
      ...annotations,
      // Without it the provider may take the running pod for done and give outputs without what the pod saw.
      "pulumi.com/waitFor": "jsonpath={.status.phase}=Succeeded",
      "pulumi.com/timeoutSeconds": String(TIMEOUT_SECONDS),
    },
  };
}

// The termination message is what the API server keeps of a finished container.
const command = ["sh", "-c", `{\n${sightingScript}\n} > /dev/termination-log`];

function basePodSpec(image: string, volumeMounts: k8s.types.input.core.v1.VolumeMount[]) {
  return {
    ...restrictedPod,
    restartPolicy: "Never",
    containers: [
      {
        ...restrictedContainer,
        name: "probe",
        image,
        command,
        resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "250m", memory: "64Mi" } },
        volumeMounts,
      },
    ],
  };
}
