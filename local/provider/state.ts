import { createHash } from "node:crypto";
import { annotation } from "./objects";
import { forSdk, isObject, markSecrets, plain, secret, textAt, type Properties } from "./properties";

const inputsKey = "__inputs";
const versionKey = "__initialApiVersion";
const managerKey = "__fieldManager";

function hideSecretData(properties: Properties): Properties {
  if (properties["kind"] !== "Secret" || properties["apiVersion"] !== "v1") return properties;
  const hidden = { ...properties };
  for (const key of ["data", "stringData"]) {
    if (hidden[key] !== undefined) hidden[key] = secret(hidden[key]);
  }
  return hidden;
}

/** Properties for the engine: as the SDK spells them, secret where `model` is, and a Secret's content always. */
export function marked(properties: Properties, model: Properties): Properties {
  return hideSecretData(markSecrets(forSdk(properties), model) as Properties);
}

/**
 * What the engine keeps of an object: the object as it is, and beside it the inputs that made it so and the field
 * manager that applied them. The layout is the real provider's, so that either can take over a stack.
 *
 * `metadata.managedFields` is left out: it is half of the state's size, and nothing reads it from there.
 *
 * @param inputs the applied inputs, without marks
 * @param model the inputs with the marks that the outputs take over
 */
export function checkpoint(
  inputs: Properties,
  live: Properties,
  model: Properties,
  manager: string,
): Properties {
  const metadata = { ...(isObject(live["metadata"]) ? live["metadata"] : {}) };
  delete metadata["managedFields"];
  return {
    ...marked({ ...live, metadata }, model),
    [inputsKey]: marked(inputs, model),
    [versionKey]: textAt(inputs, "apiVersion"),
    [managerKey]: manager,
  };
}

/** The object and the inputs in a state, without marks. */
export function parseState(state: Properties): { inputs: Properties; live: Properties } {
  const live = plain(state);
  const inputs = live[inputsKey];
  for (const key of [inputsKey, versionKey, managerKey]) delete live[key];
  return { inputs: isObject(inputs) ? inputs : {}, live };
}

/** Who applies the object: `pulumi.com/patchFieldManager`, else as before, else a name that its URN fixes. */
export function fieldManager(urn: string, state: Properties, inputs: Properties): string {
  const hash = createHash("sha256").update(urn).digest("hex").slice(0, 8);
  return (
    annotation(inputs, "pulumi.com/patchFieldManager") ||
    textAt(state, managerKey) ||
    `pulumi-kubernetes-${hash}`
  );
}
