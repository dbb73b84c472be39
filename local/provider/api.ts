import type { Client, Request } from "./client";
import { ApiError, isApiError, NoSuchKind } from "./errors";
import { kindOf, knownNamespaced, nameOf, namespaceOf, type Kind } from "./objects";
import { isObject, objectsAt, textAt, type Properties } from "./properties";

interface Resource {
  plural: string;
  namespaced: boolean;
}

const dryRun = (preview: boolean): Record<string, string> => (preview ? { dryRun: "All" } : {});

/** The objects of a cluster: any kind that the server knows, found by discovery. */
export class Api {
  private readonly groups = new Map<string, Promise<Map<string, Resource>>>();

  constructor(readonly client: Client) {}

  /** How the server serves the kind. Unknown kinds are asked for again each time: a CRD may come. */
  private async resource(kind: Kind): Promise<Resource> {
    await this.client.reach();
    const group = await this.group(kind.apiVersion);
    const known = group.get(kind.kind);
    if (known) return known;
    this.groups.delete(kind.apiVersion);
    throw new NoSuchKind(
      `the API server at ${this.client.server} knows no kind ${kind.kind} in ${kind.apiVersion}`,
    );
  }

  private group(apiVersion: string): Promise<Map<string, Resource>> {
    const known = this.groups.get(apiVersion);
    if (known) return known;
    const asked = this.discover(apiVersion);
    this.groups.set(apiVersion, asked);
    asked.catch(() => this.groups.delete(apiVersion));
    return asked;
  }

  private async discover(apiVersion: string): Promise<Map<string, Resource>> {
    const found = new Map<string, Resource>();
    const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const list = await this.client.request({ method: "GET", path }).catch((error: unknown) => {
      if (isApiError(error, "NotFound")) return {};
      throw error;
    });
    for (const item of objectsAt(list, "resources")) {
      const plural = textAt(item, "name");
      if (plural.includes("/")) continue; // a subresource
      found.set(textAt(item, "kind"), { plural, namespaced: item["namespaced"] === true });
    }
    return found;
  }

  /** Whether the server serves the kind. */
  async exists(kind: Kind): Promise<boolean> {
    try {
      await this.resource(kind);
      return true;
    } catch (error) {
      if (error instanceof NoSuchKind) return false;
      throw error;
    }
  }

  /** Whether the kind lives in namespaces; a kind that nobody knows yet is taken to. */
  async namespaced(kind: Kind): Promise<boolean> {
    const known = knownNamespaced(kind);
    if (known !== undefined) return known;
    try {
      return (await this.resource(kind)).namespaced;
    } catch (error) {
      if (error instanceof NoSuchKind) return true;
      throw error;
    }
  }

  /** The path of a kind's objects in a namespace. */
  async collection(kind: Kind, namespace: string): Promise<string> {
    const { plural, namespaced } = await this.resource(kind);
    const root = kind.apiVersion.includes("/") ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`;
    return namespaced
      ? `${root}/namespaces/${encodeURIComponent(namespace || "default")}/${plural}`
      : `${root}/${plural}`;
  }

  private async path(object: Properties): Promise<string> {
    const collection = await this.collection(kindOf(object), namespaceOf(object));
    return `${collection}/${encodeURIComponent(nameOf(object))}`;
  }

  /** The object as it is now. @throws ApiError NotFound */
  async get(object: Properties): Promise<Properties> {
    return this.client.request({ method: "GET", path: await this.path(object) });
  }

  /**
   * Creates the object by applying it; one that exists already is an error.
   *
   * Objects are applied from the start, not posted, so that a later apply also takes away what the program no
   * longer says. No object ever has resource version 1 (it is etcd's first revision): naming it makes the server
   * refuse to apply to an object that exists.
   *
   * @throws ApiError AlreadyExists
   */
  async create(object: Properties, manager: string, preview: boolean): Promise<Properties> {
    const metadata = { ...(isObject(object["metadata"]) ? object["metadata"] : {}), resourceVersion: "1" };
    try {
      return await this.apply({ ...object, metadata }, manager, false, preview);
    } catch (error) {
      if (!isApiError(error, "Conflict")) throw error;
      throw new ApiError(409, "AlreadyExists", `${kindOf(object).kind} "${nameOf(object)}" already exists`);
    }
  }

  /** Applies the object on the server's side. @throws ApiError Conflict when another manager owns a field */
  async apply(object: Properties, manager: string, force: boolean, preview: boolean): Promise<Properties> {
    return this.client.request({
      method: "PATCH",
      path: await this.path(object),
      query: { fieldManager: manager, force: String(force), ...dryRun(preview) },
      body: object,
      type: "application/apply-patch+yaml",
    });
  }

  /** Applies a JSON patch (RFC 6902). */
  async patch(object: Properties, operations: Properties[], manager: string): Promise<Properties> {
    return this.client.request({
      method: "PATCH",
      path: await this.path(object),
      query: { fieldManager: manager },
      body: operations,
      type: "application/json-patch+json",
    });
  }

  async delete(object: Properties, propagation: string): Promise<Properties> {
    const request: Request = {
      method: "DELETE",
      path: await this.path(object),
      body: { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: propagation },
    };
    return this.client.request(request);
  }

  /** The objects of a kind in a namespace that a selector picks. */
  async list(
    kind: Kind,
    namespace: string,
    query: { labelSelector?: string; fieldSelector?: string },
  ): Promise<Properties[]> {
    return this.client.list(await this.collection(kind, namespace), query);
  }
}
