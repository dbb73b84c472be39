import { readyNow } from "./await/index";
import type { Connection } from "./connection";
import { importedInputs, liveInputs } from "./drift";
import { InitFailed, isMissing, NotReady, Unreachable } from "./errors";
import { kindOf, kindOfType, parseId, typeOfUrn } from "./objects";
import { plain, type Properties } from "./properties";
import { checkpoint, fieldManager, marked, parseState } from "./state";

export interface ReadRequest {
  urn: string;
  id: string;
  /** the state so far, {} for an import or a `.get` */
  state: Properties;
  /** the inputs so far, {} for an import or a `.get` */
  inputs: Properties;
}

/** What the engine keeps after a read; undefined when the object is gone. */
export type ReadResult = { id: string; state: Properties; inputs: Properties } | undefined;

function unreachable(request: ReadRequest, connection: Connection, error: Unreachable): ReadResult {
  const { deleteUnreachable, skipUpdateUnreachable } = connection.settings;
  const { urn, id, state, inputs } = request;
  if (deleteUnreachable) {
    connection.log.warn(urn, `${error.message} deleteUnreachable is set: the resource leaves the state.`);
    return undefined;
  }
  if (skipUpdateUnreachable) {
    connection.log.warn(urn, `${error.message} skipUpdateUnreachable is set: the state stays as it was.`);
    return { id, state, inputs };
  }
  throw new Unreachable(
    `${error.message} If the cluster is gone for good, set PULUMI_K8S_DELETE_UNREACHABLE=true to drop its ` +
      "resources from the state.",
  );
}

/**
 * Reads the object for refresh, import and `.get`. The inputs it answers with show drift: they are the program's
 * where the object still is as it was applied, and the object's where it changed.
 *
 * @throws InitFailed when a refreshed object isn't ready
 */
export async function read(request: ReadRequest, connection: Connection): Promise<ReadResult> {
  const { urn, id } = request;
  const oldInputs = plain(request.inputs);
  const { live: before } = parseState(request.state);
  const { namespace, name } = parseId(id);
  const kind = [kindOf(oldInputs), kindOf(before)].find((k) => k.kind !== "") ?? kindOfType(typeOfUrn(urn));
  try {
    const api = await connection.cluster();
    const metadata = { name, namespace: namespace || connection.namespace };
    const live = await api.get({ ...kind, metadata });
    const known = Object.keys(oldInputs).length > 0;
    const inputs = known ? liveInputs(oldInputs, before, live) : importedInputs(live);
    const manager = fieldManager(urn, request.state, inputs);
    const state = checkpoint(inputs, live, request.inputs, manager);
    const result = { id, state, inputs: marked(inputs, request.inputs) };
    if (known) {
      await readyNow(api, inputs, live).catch((error: unknown) => {
        if (!(error instanceof NotReady)) throw error;
        throw new InitFailed(error.message, id, [error.message, ...error.reasons], state, result.inputs);
      });
    }
    return result;
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (error instanceof Unreachable) return unreachable(request, connection, error);
    throw error;
  }
}
