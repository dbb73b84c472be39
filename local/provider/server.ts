import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Changes } from "./change";
import { check } from "./check";
import { diff, type DiffResult } from "./compare";
import { Connection } from "./connection";
import type { Log } from "./engine";
import { Unreachable } from "./errors";
import { unary } from "./grpc";
import { HelmReleases } from "./helm";
import { invoke } from "./invoke";
import type { Autonaming } from "./naming";
import { isHelmRelease } from "./objects";
import { fromStruct, plain, toStruct } from "./properties";
import { read } from "./read";
import { diffSettings, readSettings, refusals } from "./settings";

const modes = ["propose", "enforce", "disable"] as const;

function autonaming(request: pb.CheckRequest): Autonaming | undefined {
  const options = request.getAutonaming();
  if (!options) return undefined;
  return { mode: modes[options.getMode()] ?? "propose", proposedName: options.getProposedName() };
}

function checkFailures(found: { property: string; reason: string }[]): pb.CheckFailure[] {
  return found.map(({ property, reason }) => {
    const failure = new pb.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    return failure;
  });
}

const plainKinds = {
  add: pb.PropertyDiff.Kind.ADD,
  delete: pb.PropertyDiff.Kind.DELETE,
  update: pb.PropertyDiff.Kind.UPDATE,
};
const replaceKinds = {
  add: pb.PropertyDiff.Kind.ADD_REPLACE,
  delete: pb.PropertyDiff.Kind.DELETE_REPLACE,
  update: pb.PropertyDiff.Kind.UPDATE_REPLACE,
};

function diffResponse({ changes, deleteBeforeReplace }: DiffResult): pb.DiffResponse {
  const response = new pb.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = pb.DiffResponse.DiffChanges;
  response.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setHasdetaileddiff(true);
  response.setDeletebeforereplace(deleteBeforeReplace);
  for (const { path, change, replace } of changes) {
    const entry = new pb.PropertyDiff();
    entry.setKind((replace ? replaceKinds : plainKinds)[change]);
    entry.setInputdiff(true); // the paths are those of the inputs, not of the object
    response.getDetaileddiffMap().set(path, entry);
    response.addDiffs(path.split(/[.[]/)[0] ?? path);
    if (replace) response.addReplaces(path);
  }
  return response;
}

/** The ResourceProvider service that the engine calls. One configuration per process, as the engine does it. */
export class Provider {
  private readonly stop = new AbortController();
  private connection: Connection | undefined;
  private changes: Changes | undefined;
  private helm: HelmReleases | undefined;

  constructor(
    private readonly log: Log,
    private readonly version: string,
  ) {}

  private configured() {
    if (!this.connection || !this.changes || !this.helm)
      throw new Error("the provider is not configured yet");
    return { connection: this.connection, changes: this.changes, helm: this.helm };
  }

  private configure(request: pb.ConfigureRequest): pb.ConfigureResponse {
    const variables = new Map(request.getVariablesMap().toArray());
    this.connection = new Connection(readSettings(variables), this.log, this.stop.signal);
    this.changes = new Changes(this.connection);
    this.helm = new HelmReleases(this.connection);
    const response = new pb.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    response.setSupportsAutonamingConfiguration(true);
    return response;
  }

  private checkConfig(request: pb.CheckRequest): pb.CheckResponse {
    const response = new pb.CheckResponse();
    response.setInputs(request.getNews());
    response.setFailuresList(checkFailures(refusals(plain(fromStruct(request.getNews())))));
    return response;
  }

  private diffConfig(request: pb.DiffRequest): pb.DiffResponse {
    const { diffs, replaces } = diffSettings(fromStruct(request.getOlds()), fromStruct(request.getNews()));
    const response = new pb.DiffResponse();
    const { DIFF_SOME, DIFF_NONE } = pb.DiffResponse.DiffChanges;
    response.setChanges(diffs.length > 0 ? DIFF_SOME : DIFF_NONE);
    response.setDiffsList(diffs);
    response.setReplacesList(replaces);
    return response;
  }

  private async check(request: pb.CheckRequest): Promise<pb.CheckResponse> {
    const { connection, helm } = this.configured();
    const seed = request.getRandomseed_asU8();
    const urn = request.getUrn();
    const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
    const response = new pb.CheckResponse();
    if (isHelmRelease(urn)) {
      const { inputs, failures } = helm.check({ urn, olds, news, seed });
      response.setInputs(toStruct(inputs));
      response.setFailuresList(checkFailures(failures));
    } else {
      const checked = await check({ urn, olds, news, seed, autonaming: autonaming(request) }, connection);
      response.setInputs(toStruct(checked));
    }
    return response;
  }

  private async diff(request: pb.DiffRequest): Promise<pb.DiffResponse> {
    const { connection, helm } = this.configured();
    const compared = {
      urn: request.getUrn(),
      state: fromStruct(request.getOlds()),
      news: fromStruct(request.getNews()),
      ignoreChanges: request.getIgnorechangesList(),
    };
    if (isHelmRelease(compared.urn)) return diffResponse(helm.diff(compared));
    return diffResponse(await diff(compared, connection));
  }

  private async create(request: pb.CreateRequest): Promise<pb.CreateResponse> {
    const { changes, helm } = this.configured();
    const target = isHelmRelease(request.getUrn()) ? helm : changes;
    const { id, state } = await target.create({
      urn: request.getUrn(),
      news: fromStruct(request.getProperties()),
      timeout: request.getTimeout(),
      preview: request.getPreview(),
    });
    this.log.status(request.getUrn(), "");
    const response = new pb.CreateResponse();
    response.setId(id);
    response.setProperties(toStruct(state));
    return response;
  }

  private async update(request: pb.UpdateRequest): Promise<pb.UpdateResponse> {
    const { changes, helm } = this.configured();
    const target = isHelmRelease(request.getUrn()) ? helm : changes;
    const state = await target.update({
      urn: request.getUrn(),
      state: fromStruct(request.getOlds()),
      news: fromStruct(request.getNews()),
      timeout: request.getTimeout(),
      preview: request.getPreview(),
      ignoreChanges: request.getIgnorechangesList(),
    });
    this.log.status(request.getUrn(), "");
    const response = new pb.UpdateResponse();
    response.setProperties(toStruct(state));
    return response;
  }

  private async read(request: pb.ReadRequest): Promise<pb.ReadResponse> {
    const { connection, helm } = this.configured();
    const asked = {
      urn: request.getUrn(),
      id: request.getId(),
      state: fromStruct(request.getProperties()),
      inputs: fromStruct(request.getInputs()),
    };
    const found = isHelmRelease(asked.urn) ? await helm.read(asked) : await read(asked, connection);
    const response = new pb.ReadResponse();
    if (found) {
      response.setId(found.id);
      response.setProperties(toStruct(found.state));
      response.setInputs(toStruct(found.inputs));
    }
    return response;
  }

  private async delete(request: pb.DeleteRequest): Promise<Empty> {
    const { connection, changes, helm } = this.configured();
    const target = isHelmRelease(request.getUrn()) ? helm : changes;
    try {
      await target.delete({
        urn: request.getUrn(),
        id: request.getId(),
        state: fromStruct(request.getProperties()),
        timeout: request.getTimeout(),
      });
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (!connection.settings.deleteUnreachable) {
        const remedy = "If the cluster is gone for good, set PULUMI_K8S_DELETE_UNREACHABLE=true to drop it.";
        throw new Unreachable(`${error.message} ${remedy}`, { cause: error });
      }
      this.log.warn(request.getUrn(), `${error.message} deleteUnreachable is set: it leaves the state.`);
    }
    return new Empty();
  }

  private async invoke(request: pb.InvokeRequest): Promise<pb.InvokeResponse> {
    const { connection } = this.configured();
    const answer = await invoke(request.getTok(), plain(fromStruct(request.getArgs())), connection);
    const response = new pb.InvokeResponse();
    response.setReturn(toStruct(answer));
    return response;
  }

  /** The handlers by name, for a gRPC server. Calls that aren't listed are answered with "unimplemented". */
  service(): Partial<IResourceProviderServer> {
    return {
      checkConfig: unary((request: pb.CheckRequest) => this.checkConfig(request)),
      diffConfig: unary((request: pb.DiffRequest) => this.diffConfig(request)),
      configure: unary((request: pb.ConfigureRequest) => this.configure(request)),
      check: unary((request: pb.CheckRequest) => this.check(request)),
      diff: unary((request: pb.DiffRequest) => this.diff(request)),
      create: unary((request: pb.CreateRequest) => this.create(request)),
      update: unary((request: pb.UpdateRequest) => this.update(request)),
      read: unary((request: pb.ReadRequest) => this.read(request)),
      delete: unary((request: pb.DeleteRequest) => this.delete(request)),
      invoke: unary((request: pb.InvokeRequest) => this.invoke(request)),
      cancel: unary(() => {
        this.stop.abort();
        return new Empty();
      }),
      getPluginInfo: unary(() => {
        const info = new PluginInfo();
        info.setVersion(this.version);
        return info;
      }),
    };
  }
}
