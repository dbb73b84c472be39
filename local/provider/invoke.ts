import { parseAllDocuments } from "yaml";
import type { Connection } from "./connection";
import { kindOf, metadataOf, namespaceOf } from "./objects";
import { isObject, objectsAt, textAt, type Properties, type Value } from "./properties";

/**
 * The objects in a YAML text, lists taken apart, for `yaml.ConfigFile` and `yaml.ConfigGroup`.
 *
 * @throws Error with the place of a mistake in the YAML
 */
export function decodeYaml(text: string): Properties[] {
  // YAML 1.1, as kubectl reads it.
  const documents = parseAllDocuments(text, { version: "1.1" });
  return [...documents].flatMap((document) => {
    const problem = document.errors[0];
    if (problem) throw new Error(`invalid YAML: ${problem.message}`);
    const value = document.toJS() as Value;
    if (!isObject(value)) return [];
    return textAt(value, "kind").endsWith("List") ? objectsAt(value, "items") : [value];
  });
}

/** Answers a function call of the SDK. @throws Error for functions that the stand-in doesn't serve */
export async function invoke(token: string, args: Properties, connection: Connection): Promise<Properties> {
  if (token !== "kubernetes:yaml:decode") {
    throw new Error(
      `the offline stand-in for the kubernetes provider doesn't serve ${token}. Use typed resources, ` +
        "yaml.ConfigFile or yaml.ConfigGroup, a helm Release with a local chart, or the real plugin.",
    );
  }
  const objects = decodeYaml(textAt(args, "text"));
  const namespace = textAt(args, "defaultNamespace") || connection.namespace;
  for (const object of objects) {
    if (namespaceOf(object) !== "") continue;
    const api = await connection.clusterIfReachable("");
    if (!api || (await api.namespaced(kindOf(object)))) metadataOf(object)["namespace"] = namespace;
  }
  return { result: objects };
}
