import { waitFor } from "./await/wait-for";
import type { Connection } from "./connection";
import { settable } from "./drift";
import { isMissing, messageOf, Unreachable } from "./errors";
import { assignName, keepOldName, type Autonaming } from "./naming";
import {
  annotation,
  isPatch,
  kindOfType,
  knownNamespaced,
  metadataOf,
  nameOf,
  nameOfUrn,
  namespaceOf,
  typeOfUrn,
} from "./objects";
import { at, isUnknown, plain, textAt, type Properties } from "./properties";
import { marked } from "./state";

/** What Check is given. Properties are marked as the engine sends them. */
export interface CheckRequest {
  urn: string;
  /** inputs of the last run, {} for a new resource */
  olds: Properties;
  news: Properties;
  seed: Uint8Array;
  autonaming: Autonaming | undefined;
}

/** Refuses at once what can't work, in preview already. */
function refuse(urn: string, news: Properties): void {
  const kind = kindOfType(typeOfUrn(urn));
  if (kind.kind.endsWith("List") && knownNamespaced(kind) !== undefined) {
    throw new Error(
      "list resources exist for YAML manifests and Helm charts and can't be created directly. Use the underlying resource type instead",
    );
  }
  if (isPatch(urn, textAt(news, "kind")) && nameOf(news) === "") {
    throw new Error("patch resources require the `.metadata.name` field to be set");
  }
  const asked = annotation(news, "pulumi.com/waitFor");
  if (asked) waitFor(asked);
  if (textAt(news, "metadata", "generateName") !== "" && nameOf(news) === "") {
    throw new Error(
      "`.metadata.generateName` is not supported with server-side apply. Leave the name out to get a generated one.",
    );
  }
}

async function setNamespace(news: Properties, connection: Connection): Promise<void> {
  if (namespaceOf(news) !== "") return;
  const kind = { apiVersion: textAt(news, "apiVersion"), kind: textAt(news, "kind") };
  const known = knownNamespaced(kind);
  const namespaced =
    known ??
    (await connection
      .cluster()
      .then((api) => api.namespaced(kind))
      .catch((error: unknown) => {
        // Nobody to ask: most custom resources are namespaced, and Create will ask again.
        if (error instanceof Unreachable || isMissing(error)) return true;
        throw new Error(`asking whether ${kind.kind} is namespaced: ${messageOf(error)}`, { cause: error });
      }));
  if (namespaced) metadataOf(news)["namespace"] = connection.namespace;
}

/**
 * Completes the inputs of an object: a name where the program gives none (kept from run to run), the default
 * namespace, apiVersion and kind. Needs no cluster for the API server's own kinds.
 */
export async function check(request: CheckRequest, connection: Connection): Promise<Properties> {
  const { urn, olds } = request;
  const { skipUpdateUnreachable } = connection.settings;
  if (skipUpdateUnreachable && Object.keys(olds).length > 0 && !(await connection.clusterIfReachable(urn))) {
    return olds;
  }
  const news = settable(plain(request.news));
  refuse(urn, news);
  const kind = kindOfType(typeOfUrn(urn));
  news["apiVersion"] ??= kind.apiVersion;
  news["kind"] ??= kind.kind;
  if (!isUnknown(at(news, "metadata"))) {
    if (Object.keys(olds).length > 0) keepOldName(news, plain(olds));
    assignName(news, nameOfUrn(urn), request.seed, request.autonaming);
    await setNamespace(news, connection);
  }
  return marked(news, request.news);
}
