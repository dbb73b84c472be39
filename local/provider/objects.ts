import { isObject, isUnknown, textAt, type Properties } from "./properties";

/** A kind of the API, as an object's apiVersion and kind say it. */
export interface Kind {
  /** "v1" or "group/version" */
  apiVersion: string;
  kind: string;
}

// Cluster-scoped kinds of the API server itself, so that no discovery is needed (or possible, before the cluster
// exists) to know that they take no namespace. Everything else is asked of the server.
const clusterScoped = new Set([
  "v1/Namespace",
  "v1/Node",
  "v1/PersistentVolume",
  "admissionregistration.k8s.io/*",
  "apiextensions.k8s.io/*",
  "apiregistration.k8s.io/*",
  "certificates.k8s.io/CertificateSigningRequest",
  "certificates.k8s.io/ClusterTrustBundle",
  "flowcontrol.apiserver.k8s.io/*",
  "networking.k8s.io/IngressClass",
  "networking.k8s.io/IPAddress",
  "networking.k8s.io/ServiceCIDR",
  "node.k8s.io/*",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "resource.k8s.io/DeviceClass",
  "resource.k8s.io/ResourceSlice",
  "scheduling.k8s.io/PriorityClass",
  "storage.k8s.io/CSIDriver",
  "storage.k8s.io/CSINode",
  "storage.k8s.io/StorageClass",
  "storage.k8s.io/VolumeAttachment",
  "storage.k8s.io/VolumeAttributesClass",
]);
const builtInGroups = new Set(["apps", "autoscaling", "batch", "extensions", "policy"]);

/** The API group of an apiVersion; "" for "v1". */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

/** Whether the kind lives in namespaces, or undefined where only the server knows (custom resources). */
export function knownNamespaced({ apiVersion, kind }: Kind): boolean | undefined {
  const group = groupOf(apiVersion);
  if (clusterScoped.has(`${group || apiVersion}/${kind}`) || clusterScoped.has(`${group}/*`)) return false;
  return group === "" || builtInGroups.has(group) || group.endsWith(".k8s.io") ? true : undefined;
}

/** The kind that a type token names: `kubernetes:apps/v1:Deployment`. */
export function kindOfType(type: string): Kind {
  const [, module = "", kind = ""] = type.split(":");
  const [group = "", version] = module.split("/");
  if (!version || !kind)
    throw new Error(`"${type}" doesn't name a Kubernetes kind (kubernetes:group/version:Kind).`);
  return { apiVersion: group === "core" ? version : `${group}/${version}`, kind };
}

/** The type token in a resource's URN. */
export function typeOfUrn(urn: string): string {
  return urn.split("::")[2]?.split("$").pop() ?? "";
}

/** The program's name of the resource, the last part of its URN. */
export function nameOfUrn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

export function kindOf(object: Properties): Kind {
  return { apiVersion: textAt(object, "apiVersion"), kind: textAt(object, "kind") };
}

/** Whether the resource patches an object that something else owns (`NodePatch`, `NamespacePatch`, ...). */
export function isPatch(urn: string, kind: string): boolean {
  return typeOfUrn(urn).endsWith("Patch") && !kind.endsWith("Patch");
}

export function isHelmRelease(urn: string): boolean {
  return typeOfUrn(urn) === "kubernetes:helm.sh/v3:Release";
}

export function nameOf(object: Properties): string {
  return textAt(object, "metadata", "name");
}

export function namespaceOf(object: Properties): string {
  return textAt(object, "metadata", "namespace");
}

/** The object's metadata, added where missing, to be changed in place. */
export function metadataOf(object: Properties): Properties {
  const found = object["metadata"];
  if (isObject(found)) return found;
  const made: Properties = {};
  object["metadata"] = made;
  return made;
}

/** The id under which the engine knows an object: `namespace/name`, or `name` at cluster scope. */
export function idOf(object: Properties): string {
  const namespace = namespaceOf(object);
  return namespace ? `${namespace}/${nameOf(object)}` : nameOf(object);
}

/** Namespace ("" for none) and name in an id. */
export function parseId(id: string): { namespace: string; name: string } {
  const slash = id.indexOf("/");
  return slash < 0
    ? { namespace: "", name: id }
    : { namespace: id.slice(0, slash), name: id.slice(slash + 1) };
}

/** How messages name an object. */
export function label(object: Properties): string {
  return `${textAt(object, "kind")} ${idOf(object)}`;
}

/** The annotation's value, "" when unset or not known yet. */
export function annotation(object: Properties, name: `pulumi.com/${string}`): string {
  const value = textAt(object, "metadata", "annotations", name);
  return isUnknown(value) ? "" : value;
}
