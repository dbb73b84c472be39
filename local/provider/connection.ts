import { Api } from "./api";
import { Client } from "./client";
import type { Log } from "./engine";
import { messageOf, Unreachable } from "./errors";
import { loadKubeconfig } from "./kubeconfig";
import type { Settings } from "./settings";

/** The configured cluster, connected to when it is first needed: a preview may run before it exists. */
export class Connection {
  /** the namespace of objects that name none */
  readonly namespace: string;
  private readonly api: Api | undefined;
  private readonly problem: string = "";
  private warned = false;

  constructor(
    readonly settings: Settings,
    readonly log: Log,
    readonly signal: AbortSignal,
  ) {
    let fromContext: string | undefined;
    try {
      const config = loadKubeconfig(settings);
      fromContext = config.getContextObject(config.getCurrentContext())?.namespace;
      this.api = new Api(new Client(config, signal));
    } catch (error) {
      this.problem = messageOf(error);
    }
    this.namespace = settings.namespace ?? fromContext ?? "default";
  }

  /** The cluster. @throws Unreachable when it can't be reached or the kubeconfig is wrong */
  async cluster(): Promise<Api> {
    if (!this.api)
      throw new Unreachable(`the Kubernetes provider has no cluster to talk to: ${this.problem}.`);
    await this.api.client.reach();
    return this.api;
  }

  /** The cluster, or undefined, with one warning, when it can't be reached: good enough in a preview. */
  async clusterIfReachable(urn: string): Promise<Api | undefined> {
    try {
      return await this.cluster();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (!this.warned) this.log.warn(urn, `${error.message} This preview shows the program's inputs only.`);
      this.warned = true;
      return undefined;
    }
  }
}
