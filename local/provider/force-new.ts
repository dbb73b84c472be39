import { groupOf, type Kind } from "./objects";
import { at, type Properties } from "./properties";

/** Settings of the provider that soften replacement. */
export interface Mutability {
  configMapMutable: boolean;
  secretMutable: boolean;
}

const container =
  "args command env image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resources " +
  "securityContext stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices " +
  "volumeMounts workingDir";
const pod =
  "affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork " +
  "hostPID hostUsers hostname imagePullSecrets nodeName nodeSelector os overhead preemptionPolicy priority " +
  "priorityClassName readinessGates restartPolicy runtimeClassName schedulerName securityContext serviceAccount " +
  "serviceAccountName shareProcessNamespace subdomain terminationGracePeriodSeconds topologySpreadConstraints " +
  "volumes";
const under = (prefix: string, names: string) => names.split(" ").map((name) => `${prefix}.${name}`);
const roleBinding = ["roleRef"];

// The fields whose change needs a new object, after the table in pulumi-kubernetes (provider/pkg/provider,
// forceNew), with the server's immutable fields of RuntimeClass, IngressClass and PriorityClass added.
const byKind: Record<string, string[]> = {
  "/PersistentVolumeClaim": ["spec"],
  "/PersistentVolume": ["spec.csi", "spec.hostPath", "spec.local", "spec.nfs", "spec.iscsi", "spec.fc"],
  "/Pod": [
    ...under("spec", pod),
    ...under("spec.containers", container),
    ...under("spec.initContainers", container),
  ],
  "/ResourceQuota": ["spec.scopes"],
  "/Service": ["spec.clusterIP"],
  "apps/DaemonSet": ["spec.selector"],
  "apps/Deployment": ["spec.selector"],
  "apps/StatefulSet": [
    ...under("spec", "podManagementPolicy revisionHistoryLimit selector serviceName volumeClaimTemplates"),
  ],
  "batch/Job": under("spec", "completions parallelism selector template"),
  "networking.k8s.io/IngressClass": ["spec.controller"],
  "node.k8s.io/RuntimeClass": ["handler"],
  "rbac.authorization.k8s.io/RoleBinding": roleBinding,
  "rbac.authorization.k8s.io/ClusterRoleBinding": roleBinding,
  "scheduling.k8s.io/PriorityClass": ["value", "preemptionPolicy"],
  "storage.k8s.io/StorageClass": under("", "parameters provisioner reclaimPolicy volumeBindingMode").map(
    (field) => field.slice(1),
  ),
};

/**
 * The fields of an object, as paths without list indexes, whose change can't be made in place.
 *
 * ConfigMaps and Secrets are replaced when their content changes, unless the provider's
 * `enableConfigMapMutable` / `enableSecretMutable` says otherwise and the object isn't `immutable`.
 */
export function forceNewFields(kind: Kind, object: Properties, mutability: Mutability): string[] {
  const always = ["apiVersion", "kind", "metadata.name", "metadata.namespace"];
  const immutable = at(object, "immutable") === true;
  if (kind.apiVersion === "v1" && kind.kind === "ConfigMap") {
    return mutability.configMapMutable && !immutable ? always : [...always, "data", "binaryData"];
  }
  if (kind.apiVersion === "v1" && kind.kind === "Secret") {
    const content = mutability.secretMutable && !immutable ? ["type"] : ["type", "data", "stringData"];
    return [...always, ...content];
  }
  return [...always, ...(byKind[`${groupOf(kind.apiVersion)}/${kind.kind}`] ?? [])];
}

/** Whether a change at `path` (indexes left out) falls on one of the fields. */
export function forcesReplacement(path: (string | number)[], fields: readonly string[]): boolean {
  const here = path.filter((step) => typeof step === "string").join(".");
  return fields.some(
    (field) => here === field || here.startsWith(`${field}.`) || field.startsWith(`${here}.`),
  );
}
