import * as http from "node:http";
import * as https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeConfig } from "@kubernetes/client-node";
import { ApiError, Cancelled, Unreachable } from "./errors";
import { isObject, textAt, type Properties } from "./properties";

/** One request to the API server. */
export interface Request {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  /** media type of the body, default JSON; PATCH needs one */
  type?: string;
}

interface Access {
  agent: http.Agent;
  headers: http.OutgoingHttpHeaders;
  auth: string | undefined;
}

const maxSockets = 32;
const accessSeconds = 60;
const connectSeconds = 10;
const unreachableSeconds = 30;
// The server asks for patience with 429 when it is overloaded.
const patience = 8;

/** An API server, reached with a kubeconfig over connections that are kept open. */
export class Client {
  readonly server: string;
  private readonly base: URL;
  private access: Promise<Access> | undefined;
  private accessUntil = 0;
  private reached: Promise<void> | undefined;

  /** @param signal aborted when the engine cancels: every request and pause then ends with {@link Cancelled} */
  constructor(
    private readonly config: KubeConfig,
    readonly signal: AbortSignal,
  ) {
    this.server = config.getCurrentCluster()?.server ?? "";
    this.base = new URL(this.server);
  }

  /**
   * Makes sure, once, that the server answers and knows us. A failure is good for 30 seconds.
   *
   * @throws Unreachable naming the server and what to check
   */
  reach(): Promise<void> {
    this.reached ??= this.request({ method: "GET", path: "/version" }).then(
      () => undefined,
      (error: unknown) => {
        // Any other answer, even a refusal to show the version, proves that the server is there.
        if (error instanceof ApiError && error.code !== 401) return;
        // Asked anew after a while: the cluster may come up during the same update.
        setTimeout(() => (this.reached = undefined), unreachableSeconds * 1000).unref();
        throw error;
      },
    );
    return this.reached;
  }

  /** Waits, or throws {@link Cancelled}. */
  async pause(milliseconds: number): Promise<void> {
    try {
      await sleep(milliseconds, undefined, { signal: this.signal });
    } catch {
      throw new Cancelled();
    }
  }

  /**
   * Sends a request and answers with the parsed body.
   *
   * @throws ApiError when the server refuses
   * @throws Unreachable when no server answers, or it refuses our credentials
   */
  async request(request: Request): Promise<Properties> {
    for (let attempt = 0; ; attempt++) {
      const { status, headers, body } = await this.send(request, attempt);
      if (status < 300) return body;
      if (status === 401 && attempt === 0) {
        this.access = undefined; // a token may have expired
        continue;
      }
      if (status === 401)
        throw new Unreachable(this.explain("it refuses the credentials (401 Unauthorized)"));
      if (status === 429 && attempt < patience) {
        await this.pause(1000 * (Number(headers["retry-after"]) || 1));
        continue;
      }
      throw new ApiError(
        status,
        textAt(body, "reason") || http.STATUS_CODES[status]?.replaceAll(" ", "") || "Unknown",
        textAt(body, "message") || `the server answered ${status} to ${request.method} ${request.path}`,
        isObject(body["details"]) ? body["details"] : {},
      );
    }
  }

  /** Every page of a list. */
  async list(path: string, query: Record<string, string>): Promise<Properties[]> {
    const items: Properties[] = [];
    let token = "";
    do {
      const page = await this.request({
        method: "GET",
        path,
        query: { ...query, limit: "500", continue: token },
      });
      const found = page["items"];
      if (Array.isArray(found)) items.push(...found.filter(isObject));
      token = textAt(page, "metadata", "continue");
    } while (token);
    return items;
  }

  private async send(request: Request, attempt: number) {
    try {
      return await this.exchange(request, await this.currentAccess());
    } catch (error) {
      if (this.signal.aborted) throw new Cancelled();
      const code = (error as NodeJS.ErrnoException).code ?? "";
      // An idle connection that the server closed as we used it: the request was not served.
      if (code === "ECONNRESET" && attempt === 0)
        return await this.exchange(request, await this.currentAccess());
      throw new Unreachable(
        this.explain(code ? `${code}: ${(error as Error).message}` : (error as Error).message),
        {
          cause: error,
        },
      );
    }
  }

  private explain(why: string): string {
    const context = this.config.getCurrentContext();
    return (
      `the Kubernetes cluster at ${this.server} can't be reached: ${why}. Check that the cluster is up, that ` +
      `this machine may connect to it, and that the kubeconfig (context "${context}") holds its address and ` +
      `valid credentials.`
    );
  }

  private currentAccess(): Promise<Access> {
    const now = Date.now();
    if (!this.access || now > this.accessUntil) {
      this.accessUntil = now + accessSeconds * 1000;
      this.access = this.newAccess(this.access);
    }
    return this.access;
  }

  // Runs exec plugins and reads tokens and certificates anew, and keeps connections when nothing changed.
  private async newAccess(previous: Promise<Access> | undefined): Promise<Access> {
    const options: https.RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    const before = await previous?.catch(() => undefined);
    const agent = options.agent as https.Agent;
    const sameIdentity =
      before?.agent instanceof https.Agent &&
      String(before.agent.options.cert) === String(options.cert) &&
      String(before.agent.options.ca) === String(options.ca);
    Object.assign(agent, { keepAlive: true, maxSockets, maxFreeSockets: maxSockets });
    return {
      agent: sameIdentity ? before.agent : agent,
      headers: (options.headers ?? {}) as http.OutgoingHttpHeaders,
      auth: options.auth ?? undefined,
    };
  }

  private exchange(request: Request, access: Access) {
    const query = new URLSearchParams(
      Object.entries(request.query ?? {}).filter(([, value]) => value !== ""),
    );
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers: http.OutgoingHttpHeaders = { ...access.headers, accept: "application/json" };
    if (body !== undefined) {
      headers["content-type"] = request.type ?? "application/json";
      headers["content-length"] = Buffer.byteLength(body);
    }
    const prefix = this.base.pathname === "/" ? "" : this.base.pathname.replace(/\/$/, "");
    const transport = this.base.protocol === "http:" ? http : https;
    return new Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Properties }>(
      (resolve, reject) => {
        const sent = transport.request(
          {
            method: request.method,
            hostname: this.base.hostname.replace(/^\[|\]$/g, ""),
            port: this.base.port,
            path: `${prefix}${request.path}${query.size > 0 ? `?${query.toString()}` : ""}`,
            agent: access.agent,
            auth: access.auth,
            headers,
            signal: this.signal,
          },
          (answer) => {
            const parts: Buffer[] = [];
            answer.on("data", (part: Buffer) => parts.push(part));
            answer.on("error", reject);
            answer.on("end", () => {
              const text = Buffer.concat(parts).toString("utf8");
              resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: parse(text) });
            });
          },
        );
        const slow = setTimeout(() => {
          sent.destroy(new Error(`no connection within ${connectSeconds} seconds`));
        }, connectSeconds * 1000);
        sent.on("socket", (socket) => {
          if (!socket.connecting) clearTimeout(slow);
          else socket.once("connect", () => clearTimeout(slow));
        });
        sent.on("close", () => clearTimeout(slow));
        sent.on("error", reject);
        sent.end(body);
      },
    );
  }
}

// Some errors come as plain text, from a proxy or from the server's outermost handlers.
function parse(text: string): Properties {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Properties) : {};
  } catch {
    return text.trim() ? { message: text.trim().slice(0, 500) } : {};
  }
}
