import type { Api } from "./api";
import { untilGone, untilReady } from "./await/index";
import type { Connection } from "./connection";
import { settable } from "./drift";
import { InitFailed, isApiError, isMissing, messageOf, NoSuchKind, NotReady } from "./errors";
import { adoptFields, relinquish, takeOver, withoutIgnored } from "./fields";
import { annotation, idOf, isPatch, kindOf, label, metadataOf, nameOf, parseId } from "./objects";
import { hasUnknown, plain, type Properties } from "./properties";
import { PreviewJudge } from "./refusals";
import { checkpoint, fieldManager, parseState } from "./state";

export interface CreateRequest {
  urn: string;
  news: Properties;
  /** seconds of `customTimeouts`, 0 for none */
  timeout: number;
  preview: boolean;
}

export interface UpdateRequest extends CreateRequest {
  state: Properties;
  ignoreChanges: string[];
}

export interface DeleteRequest {
  urn: string;
  id: string;
  state: Properties;
  timeout: number;
}

// A namespace or a CRD of the same update may need a moment until the server serves it.
const retryPauses = [100, 250, 500, 1000, 2000, 4000, 8000];

/** Creates, updates and deletes objects. */
export class Changes {
  private readonly previews = new PreviewJudge();

  constructor(private readonly connection: Connection) {}

  /** Creates the object and waits until it is ready. @throws InitFailed when it is there but not ready */
  async create({ urn, news, timeout, preview }: CreateRequest): Promise<{ id: string; state: Properties }> {
    const inputs = settable(plain(news));
    const patch = isPatch(urn, kindOf(inputs).kind);
    const manager = fieldManager(urn, {}, inputs);
    if (preview) {
      const seen = patch
        ? undefined
        : await this.preview(urn, inputs, (api) => this.rehearse(api, inputs, manager));
      return { id: "", state: seen ? checkpoint(inputs, seen, news, manager) : news };
    }
    const api = await this.connection.cluster();
    const applied = await this.retrying(api, urn, async () => {
      if (!patch && !this.connection.settings.upsert) return api.create(inputs, manager, false);
      if (patch) await api.get(inputs); // applying would make an object that the program only means to patch
      return this.apply(api, inputs, manager, this.forced(inputs), false);
    }).catch((error: unknown) => {
      const hint = error instanceof NoSuchKind ? ". Verify that any required CRDs have been created" : "";
      throw new Error(`${label(inputs)} was not created: ${messageOf(error)}${hint}`, { cause: error });
    });
    const ready = await this.ready(api, urn, inputs, applied, timeout, news, manager);
    return { id: idOf(ready), state: checkpoint(inputs, ready, news, manager) };
  }

  /** Applies the changed inputs and waits until the object is ready. @throws InitFailed when it isn't */
  async update(request: UpdateRequest): Promise<Properties> {
    const { urn, news, timeout, preview } = request;
    const inputs = settable(plain(news));
    const { inputs: oldInputs, live: known } = parseState(request.state);
    const manager = fieldManager(urn, request.state, inputs);
    const oldManager = fieldManager(urn, request.state, oldInputs);
    const patch = isPatch(urn, kindOf(inputs).kind);
    // The object keeps its name even where the program no longer says it.
    if (nameOf(inputs) === "") metadataOf(inputs)["name"] = nameOf(known);
    const write = async (api: Api) => {
      const before = await api.get(inputs);
      const body = withoutIgnored(inputs, before, request.ignoreChanges, manager);
      const toAdopt = takeOver(before, manager, !patch) !== undefined;
      if (!preview && toAdopt) await adoptFields(api, before, manager, !patch);
      try {
        return await this.apply(api, body, manager, this.forced(inputs) || (preview && toAdopt), preview);
      } catch (error) {
        // What the takeover would let go of is still there in a dry run, and may be what makes it invalid.
        if (preview && toAdopt && isApiError(error, "Invalid")) return undefined;
        throw error;
      }
    };
    if (preview) {
      const seen = await this.preview(urn, inputs, write);
      return seen ? checkpoint(inputs, seen, news, manager) : news;
    }
    const api = await this.connection.cluster();
    const applied = await write(api).catch((error: unknown) => {
      const gone = isMissing(error) ? ". If it was deleted by other hands, run `pulumi refresh`" : "";
      throw new Error(`${label(inputs)} was not updated: ${messageOf(error)}${gone}`, { cause: error });
    });
    const ready = await this.ready(api, urn, inputs, applied ?? inputs, timeout, news, manager);
    if (oldManager !== manager) await relinquish(api, inputs, oldManager);
    return checkpoint(inputs, ready, news, manager);
  }

  /** Deletes the object, or lets go of what a Patch resource set, and waits until it is gone. */
  async delete({ urn, id, state, timeout }: DeleteRequest): Promise<void> {
    const { inputs, live } = parseState(state);
    const { namespace, name } = parseId(id);
    const target = { ...kindOf(live), metadata: { name, ...(namespace ? { namespace } : {}) } };
    const manager = fieldManager(urn, state, inputs);
    const api = await this.connection.cluster();
    const report = (message: string) => this.connection.log.status(urn, message);
    try {
      if (isPatch(urn, kindOf(inputs).kind)) await relinquish(api, target, manager);
      else await this.remove(api, urn, target, inputs, manager, timeout, report);
    } catch (error) {
      if (isMissing(error)) return;
      if (isApiError(error, "Invalid") && /Required value/.test(error.message)) {
        throw new Error(
          `this Patch resource manages a required field, so it can't let go of it: ${error.message}. Set the ` +
            "`retainOnDelete` resource option, or give the field to another manager first",
          { cause: error },
        );
      }
      if (!(error instanceof NotReady)) throw error;
      const last = checkpoint(inputs, error.live, state, manager);
      throw new InitFailed(error.message, id, [error.message, ...error.reasons], last, undefined);
    }
  }

  private async remove(
    api: Api,
    urn: string,
    target: Properties,
    inputs: Properties,
    manager: string,
    timeout: number,
    report: (message: string) => void,
  ): Promise<void> {
    const asked = annotation(inputs, "pulumi.com/deletionPropagationPolicy").toLowerCase();
    const policy = { orphan: "Orphan", background: "Background" }[asked] ?? "Foreground";
    const answer = await api.delete(target, policy).catch(async (error: unknown) => {
      if (!isApiError(error, "Forbidden") || !/may not be deleted/.test(error.message)) throw error;
      this.connection.log.info(urn, `${error.message}; it stays, without the fields that this stack set.`);
      await relinquish(api, target, manager);
      return undefined;
    });
    // The server answers with the object while finalizers hold it, and with a bare Status once it is gone.
    if (!answer || answer["kind"] === "Status") return;
    await untilGone(api, inputs, { ...answer, ...kindOf(target) }, timeout, report);
  }

  /** A dry run of the creation. An object that will be replaced still holds its name: then under another. */
  private async rehearse(api: Api, inputs: Properties, manager: string): Promise<Properties> {
    if (this.connection.settings.upsert) return this.apply(api, inputs, manager, this.forced(inputs), true);
    try {
      return await api.create(inputs, manager, true);
    } catch (error) {
      if (!isApiError(error, "AlreadyExists")) throw error;
      const metadata = metadataOf(inputs);
      const name = `${nameOf(inputs).slice(0, 50)}-preview`;
      const seen = await api.create({ ...inputs, metadata: { ...metadata, name } }, manager, true);
      return { ...seen, metadata: { ...metadataOf(seen), name: nameOf(inputs) } };
    }
  }

  private async apply(api: Api, body: Properties, manager: string, force: boolean, preview: boolean) {
    try {
      return await api.apply(body, manager, force, preview);
    } catch (error) {
      if (!isApiError(error, "Conflict")) throw error;
      throw new Error(
        `other field managers own fields that this resource sets: ${error.message}. Leave those fields to them ` +
          '(ignoreChanges), or take them over with the annotation pulumi.com/patchForce: "true"',
        { cause: error },
      );
    }
  }

  private forced(inputs: Properties): boolean {
    return annotation(inputs, "pulumi.com/patchForce") === "true" || this.connection.settings.patchForce;
  }

  private async retrying<T>(api: Api, urn: string, attempt: () => Promise<T>): Promise<T> {
    for (const pause of retryPauses) {
      try {
        return await attempt();
      } catch (error) {
        if (!isMissing(error) && !noAccountYet(error)) throw error;
        this.connection.log.status(urn, `trying again: ${messageOf(error)}`);
        await api.client.pause(pause);
      }
    }
    return attempt();
  }

  private async ready(
    api: Api,
    urn: string,
    inputs: Properties,
    applied: Properties,
    timeout: number,
    model: Properties,
    manager: string,
  ): Promise<Properties> {
    const report = (message: string) => this.connection.log.status(urn, message);
    try {
      return await untilReady(api, inputs, applied, timeout, report);
    } catch (error) {
      // Whatever went wrong while waiting, the object exists: the state must hold it.
      const live = error instanceof NotReady ? error.live : applied;
      const reasons = [messageOf(error), ...(error instanceof NotReady ? error.reasons : [])];
      const state = checkpoint(inputs, live, model, manager);
      throw new InitFailed(reasons.join("\n  - "), idOf(live), reasons, state, undefined);
    }
  }

  /** The object as the server would make it, or undefined where a dry run can't tell. */
  private async preview(
    urn: string,
    inputs: Properties,
    write: (api: Api) => Promise<Properties | undefined>,
  ): Promise<Properties | undefined> {
    this.previews.note(inputs);
    if (hasUnknown(inputs)) return undefined;
    const api = await this.connection.clusterIfReachable(urn);
    if (!api || !(await api.exists(kindOf(inputs)))) return undefined;
    try {
      const written = await write(api);
      if (!written) return undefined;
      const seen = { ...written };
      delete seen["status"]; // nobody has looked at it yet
      return seen;
    } catch (error) {
      const verdict = this.previews.judge(error, inputs);
      if (verdict === "fail") throw new Error(`${label(inputs)}: ${messageOf(error)}`, { cause: error });
      if (verdict === "warn") {
        const warning = `as the cluster is now, it would be refused: ${messageOf(error)}`;
        this.connection.log.warn(urn, `${warning} This update changes rules that may decide otherwise.`);
      }
      return undefined;
    }
  }
}

// A new namespace gets its default service account a moment later; until then its pods are refused.
function noAccountYet(error: unknown): boolean {
  return isApiError(error, "Forbidden") && /service ?account .* not found/.test(error.message);
}
