import { readiness } from "./await/ready";
import type { Connection } from "./connection";
import { differences, pathText, type Change } from "./diff";
import { settable } from "./drift";
import { messageOf } from "./errors";
import { forceNewFields, forcesReplacement } from "./force-new";
import { isAutonamed } from "./naming";
import { annotation, groupOf, isPatch, kindOf, nameOf, namespaceOf } from "./objects";
import { plain, type Properties } from "./properties";
import { parseState } from "./state";

export interface DiffRequest {
  urn: string;
  /** the state: what Create, Update or Read answered last */
  state: Properties;
  news: Properties;
  ignoreChanges: string[];
}

export interface DiffResult {
  changes: { path: string; change: Change; replace: boolean }[];
  deleteBeforeReplace: boolean;
}

function identityChanged(before: Properties, after: Properties): string[] {
  const [old, now] = [kindOf(before), kindOf(after)];
  const fields: string[] = [];
  if (old.kind !== now.kind) fields.push("kind");
  // Another version of the same group serves the same objects.
  if (groupOf(old.apiVersion) !== groupOf(now.apiVersion)) fields.push("apiVersion");
  return fields;
}

const covers = (ignored: string, path: string) =>
  path === ignored || path.startsWith(`${ignored}.`) || path.startsWith(`${ignored}[`);

async function replacesUnready(news: Properties, connection: Connection, urn: string): Promise<boolean> {
  if (annotation(news, "pulumi.com/replaceUnready") !== "true") return false;
  if (kindOf(news).kind !== "Job") {
    connection.log.warn(urn, "replaceUnready annotation is not supported for this resource");
    return false;
  }
  try {
    const api = await connection.cluster();
    const progress = await readiness(news)?.check(await api.get(news), api);
    return progress !== undefined && progress.state !== "ready";
  } catch (error) {
    connection.log.warn(urn, `skipping the replaceUnready check: ${messageOf(error)}`);
    return false;
  }
}

/**
 * Compares the program's inputs with the inputs in the state, which a refresh has brought up to date with the
 * cluster, and says which changes need a new object.
 */
export async function diff(request: DiffRequest, connection: Connection): Promise<DiffResult> {
  const { inputs, live } = parseState(request.state);
  const before = settable(inputs);
  const after = settable(plain(request.news));
  const patch = isPatch(request.urn, kindOf(after).kind);
  const fields = [
    ...identityChanged(before, after),
    ...(patch
      ? ["metadata.name", "metadata.namespace"]
      : forceNewFields(kindOf(after), after, connection.settings).filter(
          (f) => f !== "kind" && f !== "apiVersion",
        )),
  ];
  const changes = differences(before, after)
    .map(({ path, change }) => ({
      path: pathText(path),
      change,
      replace: forcesReplacement(path, fields),
    }))
    .filter(({ path }) => !request.ignoreChanges.some((ignored) => covers(ignored, path)));
  if (await replacesUnready(after, connection, request.urn)) {
    changes.push({
      path: 'metadata.annotations["pulumi.com/replaceUnready"]',
      change: "update",
      replace: true,
    });
  }
  const sameName = nameOf(after) === nameOf(live) && namespaceOf(after) === namespaceOf(live);
  return {
    changes,
    // The new object can't be created while the old one holds its name.
    deleteBeforeReplace: changes.some(({ replace }) => replace) && sameName && !isAutonamed(after),
  };
}
