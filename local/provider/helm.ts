import { parseAllDocuments } from "yaml";
import type { CreateRequest, DeleteRequest, UpdateRequest } from "./change";
import type { DiffRequest, DiffResult } from "./compare";
import type { Connection } from "./connection";
import { differences, pathText } from "./diff";
import { InitFailed, messageOf } from "./errors";
import { chartChecksum, helmFailures, helmOptions, type Failure } from "./helm-inputs";
import { HelmProgram, type ReleaseMetadata, type ReleaseStatus } from "./helm-program";
import { uniqueName } from "./naming";
import { groupOf, idOf, kindOf, nameOfUrn, parseId } from "./objects";
import {
  hasUnknown,
  isObject,
  isUnknown,
  markSecrets,
  plain,
  same,
  textAt,
  type Properties,
  type Value,
} from "./properties";
import type { ReadRequest, ReadResult } from "./read";

type Release = ReleaseStatus & ReleaseMetadata;

const inputsKey = "__inputs";

// Kind[.group]/apiVersion to namespace/name, as the real provider lists what a release made.
function resourceNames(manifest: string): Properties {
  const names: Record<string, Value[]> = {};
  for (const document of parseAllDocuments(manifest, { version: "1.1" })) {
    const object = document.toJS() as Value;
    if (!isObject(object)) continue;
    const { apiVersion, kind } = kindOf(object);
    const group = groupOf(apiVersion);
    (names[`${kind}${group ? `.${group}` : ""}/${apiVersion}`] ??= []).push(idOf(object));
  }
  return names;
}

/** Helm releases, by the `helm` program. */
export class HelmReleases {
  private readonly helm: HelmProgram;

  constructor(private readonly connection: Connection) {
    this.helm = new HelmProgram(connection.settings, connection.signal);
  }

  check(request: { urn: string; olds: Properties; news: Properties; seed: Uint8Array }): {
    inputs: Properties;
    failures: Failure[];
  } {
    const inputs = { ...request.news };
    delete inputs["compat"];
    inputs["name"] ??=
      textAt(plain(request.olds), "name") || uniqueName(`${nameOfUrn(request.urn)}-`, request.seed);
    inputs["namespace"] ??= this.connection.namespace;
    const failures = helmFailures(plain(inputs));
    const chart = plain(inputs)["chart"];
    if (failures.length === 0 && typeof chart === "string" && !isUnknown(chart)) {
      inputs["checksum"] = chartChecksum(chart);
    }
    return { inputs, failures };
  }

  diff({ state, news, ignoreChanges }: DiffRequest): DiffResult {
    const old = plain(state)[inputsKey];
    const changes = differences(isObject(old) ? old : {}, plain(news))
      .map(({ path, change }) => ({
        path: pathText(path),
        change,
        replace: path[0] === "name" || path[0] === "namespace",
      }))
      .filter(
        ({ path }) => !ignoreChanges.some((ignored) => path === ignored || path.startsWith(`${ignored}.`)),
      );
    return { changes, deleteBeforeReplace: false };
  }

  async create(request: CreateRequest): Promise<{ id: string; state: Properties }> {
    const inputs = plain(request.news);
    if (request.preview) return { id: "", state: await this.preview(inputs, request.news) };
    const status = await this.change("install", request, inputs);
    return { id: `${status.namespace}/${status.name}`, state: this.state(request.news, status) };
  }

  async update(request: UpdateRequest): Promise<Properties> {
    const inputs = plain(request.news);
    if (request.preview) return this.preview(inputs, request.news);
    return this.state(request.news, await this.change("upgrade", request, inputs));
  }

  async read({ urn, id, inputs, state }: ReadRequest): Promise<ReadResult> {
    const { namespace, name } = parseId(id);
    await this.connection.cluster();
    const status = await this.helm.status(name, namespace || this.connection.namespace);
    if (!status) return undefined;
    if (Object.keys(inputs).length === 0) {
      throw new Error(`${urn}: the offline stand-in for the kubernetes provider can't import Helm releases.`);
    }
    const known = plain(inputs)["values"] ?? {};
    const live = (status.config ?? {}) as Value;
    const found = same(known, live) ? inputs : { ...inputs, values: markSecrets(live, inputs["values"]) };
    return { id, inputs: found, state: { ...state, ...this.state(found, status) } };
  }

  async delete({ id, state, timeout }: DeleteRequest): Promise<void> {
    const { namespace, name } = parseId(id);
    await this.connection.cluster();
    const seconds = timeout || Number(plain(state)["timeout"]) || 300;
    const wait = plain(state)["skipAwait"] === true ? [] : ["--wait"];
    const options = ["--namespace", namespace, "--ignore-not-found", "--timeout", `${Math.ceil(seconds)}s`];
    await this.helm.run(["uninstall", name, ...options, ...wait], true);
  }

  /** Renders the chart, so that a wrong value shows up in the preview. */
  private async preview(inputs: Properties, news: Properties): Promise<Properties> {
    if (hasUnknown(inputs)) return news;
    await this.helm.run(
      [
        "template",
        ...target(inputs),
        ...(inputs["skipCrds"] === true ? [] : ["--include-crds"]),
        "--values",
        "-",
      ],
      false,
      JSON.stringify(inputs["values"] ?? {}),
    );
    return news;
  }

  private async change(
    command: "install" | "upgrade",
    { urn, news, timeout }: CreateRequest,
    inputs: Properties,
  ): Promise<Release> {
    await this.connection.cluster();
    const [name, namespace] = [textAt(inputs, "name"), textAt(inputs, "namespace")];
    this.connection.log.status(urn, `helm ${command}: waiting for release ${name}`);
    const before = command === "upgrade" ? await this.helm.status(name, namespace) : undefined;
    const args = [command, ...target(inputs), ...helmOptions(command, inputs, timeout)];
    let failure: Error | undefined;
    try {
      await this.helm.run(args, true, JSON.stringify(inputs["values"] ?? {}));
    } catch (error) {
      failure = error instanceof Error ? error : new Error(messageOf(error));
    }
    const status = await this.helm.status(name, namespace);
    if (failure === undefined && status) return status;
    // Helm keeps a failed release; so must the state. One that existed before an install is not ours.
    const ours =
      status &&
      (before ? status.revision > before.revision : !/cannot re-use a name/.test(failure?.message ?? ""));
    if (!ours) throw failure ?? new Error(`helm ${command} left no release ${namespace}/${name}`);
    const message = `release ${namespace}/${name} is not ready: ${failure?.message ?? ""}`;
    throw new InitFailed(message, `${namespace}/${name}`, [message], this.state(news, status), undefined);
  }

  private state(news: Properties, release: Release): Properties {
    const { name, namespace, revision, chart, version, appVersion = "" } = release;
    const outputs: Properties = {
      status: { name, namespace, revision, status: release.info.status, chart, version, appVersion },
      resourceNames: resourceNames(release.manifest ?? ""),
      version,
    };
    return { ...news, ...outputs, [inputsKey]: news };
  }
}

function target(inputs: Properties): string[] {
  return [textAt(inputs, "name"), textAt(inputs, "chart"), "--namespace", textAt(inputs, "namespace")];
}
