import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { managedLabels } from "../labels";
import type { RuntimeClassPlan } from "../plan/runtime-class-plan";

/** Arguments of RuntimeClasses. */
export interface RuntimeClassesArgs {
  /** The classes to make: portable name, handler, overhead and where each can run. Decides which resources exist. */
  classes: RuntimeClassPlan[];
}

/**
 * The RuntimeClasses of a cluster, one for each runtime that its pools offer, under the same names on every
 * target (`gvisor`, `kata`), so that a tenant's manifest moves unchanged. Costs nothing by itself; each pod that
 * names a class is charged its overhead.
 */
export class RuntimeClasses extends pulumi.ComponentResource {
  /** Names of the RuntimeClasses. */
  public readonly names: pulumi.Output<string[]>;

  public constructor(name: string, args: RuntimeClassesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pulumi-bulkhead:index:RuntimeClasses", name, args, opts);
    const classes = args.classes.map(
      (wish) =>
        new k8s.node.v1.RuntimeClass(
          `${name}-${wish.name}`,
          {
            metadata: { name: wish.name, labels: managedLabels("runtime") },
            handler: wish.handler,
            overhead: { podFixed: { cpu: wish.overhead.cpu, memory: wish.overhead.memory } },
            scheduling: {
              nodeSelector: wish.nodeSelector,
              tolerations: wish.tolerations.map((taint) => ({
                key: taint.key,
                operator: "Equal",
                value: taint.value ?? "",
                effect: taint.effect,
              })),
            },
          },
          // The server lets no handler change.
          { parent: this, replaceOnChanges: ["handler"], deleteBeforeReplace: true },
        ),
    );
    this.names = pulumi.all(classes.map((made) => made.metadata.name));
    this.registerOutputs({ names: this.names });
  }
}
