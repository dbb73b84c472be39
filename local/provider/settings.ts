import { clusterIdentity, type ClusterChoice } from "./kubeconfig";
import { hasUnknown, isUnknown, plain, same, textOf, type Properties, type Value } from "./properties";

/** How the provider is configured: the `pulumi:providers:kubernetes` resource, or the stack's `kubernetes:` config. */
export interface Settings extends ClusterChoice {
  /** namespace of objects that name none; default the context's, else "default" */
  namespace?: string;
  /** forces every apply through conflicts with other field managers; default false */
  patchForce: boolean;
  /** adopts objects that exist already instead of failing; default false */
  upsert: boolean;
  /** drops resources of an unreachable cluster from the state; default false */
  deleteUnreachable: boolean;
  /** leaves resources of an unreachable cluster as they are; default false */
  skipUpdateUnreachable: boolean;
  configMapMutable: boolean;
  secretMutable: boolean;
}

/** Inputs of a provider resource that the stand-in can't honour, with the reason. */
export function refusals(inputs: Properties): { property: string; reason: string }[] {
  const found: { property: string; reason: string }[] = [];
  if (inputs["renderYamlToDirectory"]) {
    found.push({
      property: "renderYamlToDirectory",
      reason: "the offline stand-in for the kubernetes provider renders no YAML. Use the real plugin.",
    });
  }
  if (textOf(inputs["enableServerSideApply"] ?? true) === "false") {
    found.push({
      property: "enableServerSideApply",
      reason:
        "the offline stand-in for the kubernetes provider only applies on the server's side. Remove it.",
    });
  }
  return found;
}

/** Reads the settings from what the engine sends to Configure (`kubernetes:config:<name>` to text). */
export function readSettings(variables: ReadonlyMap<string, string>): Settings {
  const text = (name: string) => variables.get(`kubernetes:config:${name}`) || undefined;
  const flag = (name: string, environment: string) => (text(name) ?? process.env[environment]) === "true";
  const optional = (name: "kubeconfig" | "context" | "cluster" | "namespace") => {
    const value = text(name);
    return value ? { [name]: value } : {};
  };
  return {
    ...optional("kubeconfig"),
    ...optional("context"),
    ...optional("cluster"),
    ...optional("namespace"),
    patchForce: flag("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
    upsert: flag("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
    deleteUnreachable: flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
    skipUpdateUnreachable: flag("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
    configMapMutable: flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
    secretMutable: flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
  };
}

function choice(inputs: Properties): ClusterChoice {
  const text = (value: Value | undefined) => (typeof value === "string" && value ? value : undefined);
  const { kubeconfig, context, cluster } = inputs;
  return {
    ...(text(kubeconfig) ? { kubeconfig: text(kubeconfig) ?? "" } : {}),
    ...(text(context) ? { context: text(context) ?? "" } : {}),
    ...(text(cluster) ? { cluster: text(cluster) ?? "" } : {}),
  };
}

const identity = ["kubeconfig", "context", "cluster"];

/**
 * What a change of the provider's own inputs means: which differ, and which of those make it another cluster, so
 * that every object in it is replaced. `clusterIdentifier`, where both sides have it, decides that alone.
 */
export function diffSettings(
  oldMarked: Properties,
  newMarked: Properties,
): { diffs: string[]; replaces: string[] } {
  const before = plain(oldMarked);
  const after = plain(newMarked);
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  names.delete("version");
  const diffs = [...names].filter((name) => hasUnknown(after[name]) || !same(before[name], after[name]));
  const changed = (name: string) => diffs.includes(name);
  const [oldId, newId] = [before["clusterIdentifier"], after["clusterIdentifier"]];
  if (oldId && newId) return { diffs, replaces: changed("clusterIdentifier") ? ["clusterIdentifier"] : [] };
  // Without an identifier, nobody can tell which cluster a kubeconfig that isn't known yet will name.
  if (isUnknown(after["kubeconfig"])) return { diffs, replaces: ["kubeconfig"] };
  if (!identity.some(changed)) return { diffs, replaces: [] };
  const [oldCluster, newCluster] = [clusterIdentity(choice(before)), clusterIdentity(choice(after))];
  const moved = oldCluster !== undefined && newCluster !== undefined && oldCluster !== newCluster;
  return { diffs, replaces: moved ? identity.filter(changed) : [] };
}
