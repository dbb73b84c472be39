import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { expandHome, inspectKubeconfig, isContent } from "./kubeconfig";
import { stackFileMessage } from "./spec/config-message";
import type { ExistingEnvironment } from "./spec/environment";

/**
 * The provider for a cluster that exists already.
 * @throws RunError for a kubeconfig that can't be read or used
 */
export function existingProvider({ cluster }: ExistingEnvironment): k8s.Provider {
  const { context } = cluster;
  if (cluster.stack !== undefined) {
    const kubeconfig = new pulumi.StackReference(cluster.stack).requireOutput(cluster.output);
    void warnUnlessSecret(kubeconfig, cluster.stack, cluster.output);
    return new k8s.Provider("cluster", {
      kubeconfig: pulumi.secret(kubeconfig.apply(asText)),
      context,
      clusterIdentifier: `${cluster.stack}/${cluster.output}`,
    });
  }
  const given = cluster.kubeconfig ?? "";
  const inspected = inspectKubeconfig(given, context);
  if (inspected.problem !== undefined) {
    const path = `${pulumi.getProject()}:cluster.kubeconfig`;
    throw new pulumi.RunError(stackFileMessage(pulumi.getStack(), [{ path, message: inspected.problem }]));
  }
  return new k8s.Provider("cluster", {
    kubeconfig: isContent(given) ? pulumi.secret(given) : expandHome(given),
    context,
    // Without it a kubeconfig that is written anew would read as another cluster, and replace everything.
    clusterIdentifier: inspected.server,
  });
}

function asText(kubeconfig: unknown): string {
  return typeof kubeconfig === "string" ? kubeconfig : JSON.stringify(kubeconfig);
}

// Whatever another stack does not mark as a secret lies readable in the state of both.
async function warnUnlessSecret(kubeconfig: pulumi.Output<unknown>, stack: string, output: string) {
  if (!(await pulumi.isSecret(kubeconfig))) {
    await pulumi.log.warn(
      `The output "${output}" of stack ${stack} is not a secret. Export it as pulumi.secret(...) there.`,
    );
  }
}
