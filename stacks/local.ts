import { existsSync } from "node:fs";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { Pool } from "../components/plan/pool";
import { nodeKubeconfig } from "../local/node/paths";
import { localNodeLabels } from "./local-node-labels";
import type { LocalEnvironment } from "./spec/environment";

/**
 * The provider for this machine's own node.
 * @throws RunError when the node has not been brought up
 */
export function localProvider({ cluster }: LocalEnvironment): k8s.Provider {
  const kubeconfig = nodeKubeconfig(cluster.name);
  if (!existsSync(kubeconfig)) {
    throw new pulumi.RunError(
      `The local node "${cluster.name}" is not up. Run \`npm run up\`, which starts it and deploys this stack.`,
    );
  }
  return new k8s.Provider("cluster", { kubeconfig, clusterIdentifier: `local/${cluster.name}` });
}

/** The pool of this machine: its one node carries the labels of the pool and of its runtimes. */
export function localPools({ pools }: LocalEnvironment): Pool[] {
  return pools.map((pool) => ({ ...pool, nodeLabels: localNodeLabels(pool), taints: [] }));
}
