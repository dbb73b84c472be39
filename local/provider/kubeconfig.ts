import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";

/** Which cluster, as whom. All optional: the default is kubectl's. */
export interface ClusterChoice {
  /** content of a kubeconfig, or its path; default `$KUBECONFIG`, else ~/.kube/config, else the pod's own account */
  kubeconfig?: string;
  /** context in it; default its current-context */
  context?: string;
  /** cluster in it, instead of the context's */
  cluster?: string;
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

function fromText(text: string): KubeConfig {
  const config = new KubeConfig();
  const path = expandHome(text.trim());
  if (!path.includes("\n") && existsSync(path)) {
    config.loadFromFile(resolve(path));
  } else if (!path.includes("\n") && !path.startsWith("{")) {
    throw new Error(`the kubeconfig "${path}" doesn't exist`);
  } else {
    config.loadFromString(text);
  }
  return config;
}

function ambient(): KubeConfig {
  const config = new KubeConfig();
  const inPod = process.env["KUBERNETES_SERVICE_HOST"];
  if (!process.env["KUBECONFIG"] && !existsSync(join(homedir(), ".kube", "config")) && !inPod) {
    throw new Error(
      "there is no kubeconfig: give the provider one, or set KUBECONFIG, or write ~/.kube/config",
    );
  }
  config.loadFromDefault();
  return config;
}

/**
 * Loads the kubeconfig and selects context and cluster.
 *
 * @throws Error that says what is wrong with it, without any of its content (it holds credentials)
 */
export function loadKubeconfig(choice: ClusterChoice): KubeConfig {
  let config: KubeConfig;
  try {
    config = choice.kubeconfig ? fromText(choice.kubeconfig) : ambient();
  } catch (error) {
    const known = error instanceof Error && /kubeconfig|ENOENT|EACCES/.test(error.message);
    throw new Error(known ? error.message : "the kubeconfig can't be parsed as YAML of kind Config", {
      cause: error,
    });
  }
  if (choice.context) {
    const names = config.getContexts().map(({ name }) => name);
    if (!names.includes(choice.context)) {
      throw new Error(
        `the kubeconfig has no context "${choice.context}"; it has: ${names.join(", ") || "none"}`,
      );
    }
    config.setCurrentContext(choice.context);
  }
  const context = config.getContextObject(config.getCurrentContext());
  if (choice.cluster && context) {
    config.loadFromOptions({
      clusters: config.getClusters(),
      users: config.getUsers(),
      contexts: [{ ...context, cluster: choice.cluster }],
      currentContext: context.name,
    });
  }
  if (!config.getCurrentCluster()) {
    throw new Error(
      `the kubeconfig names no cluster for context "${config.getCurrentContext()}"; set current-context, or the provider's context`,
    );
  }
  return config;
}

/** What tells one cluster from another in a kubeconfig, or undefined when it can't be read. */
export function clusterIdentity(choice: ClusterChoice): string | undefined {
  try {
    const cluster = loadKubeconfig(choice).getCurrentCluster();
    return cluster ? JSON.stringify([cluster.server, cluster.caData ?? cluster.caFile ?? ""]) : undefined;
  } catch {
    // An unreadable kubeconfig identifies nothing; Configure reports it.
    return undefined;
  }
}
