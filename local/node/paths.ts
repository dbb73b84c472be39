import { join } from "node:path";
import { cacheDir } from "../cache";

/** Folder of all nodes of this user. */
export function nodesDir(): string {
  return join(cacheDir(), "node");
}

/** Folder of everything that belongs to one local node. */
export function nodeDir(name: string): string {
  return join(nodesDir(), name);
}

/** Kubeconfig of the local node's administrator (mode 0600); it exists from the first start on until `down`. */
export function nodeKubeconfig(name: string): string {
  return join(nodeDir(name), ADMIN_KUBECONFIG);
}

/** File of the administrator's kubeconfig, beside those of the components. */
export const ADMIN_KUBECONFIG = "kubeconfig";
