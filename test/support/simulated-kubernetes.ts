import { main, type Provider } from "@pulumi/pulumi/provider";

/**
 * A `kubernetes` provider plugin without a cluster, for the real engine: it takes whatever it is given and
 * answers pods as a node would whose sandboxed pods see the boot id in `SIMULATED_BOOT_ID` and whose own is "node".
 * It proves what the program asks of the engine, not what a cluster makes of it.
 */
const provider: Provider = {
  version: "4.34.2",
  create: (urn: string, inputs: Record<string, unknown>) =>
    Promise.resolve({ id: urn.split("::").at(-1) ?? "", outs: { ...inputs, ...answer(urn, inputs) } }),
  update: (_id: string, urn: string, _olds: unknown, news: Record<string, unknown>) =>
    Promise.resolve({ outs: { ...news, ...answer(urn, news) } }),
  diff: (_id: string, urn: string, olds: Record<string, unknown>, news: Record<string, unknown>) => {
    const changed = Object.keys(news).filter(
      (key) => key !== "__provider" && !urn.includes("pulumi:providers") && differs(olds[key], news[key]),
    );
    return Promise.resolve({ changes: changed.length > 0, replaces: [] });
  },
};

function differs(before: unknown, after: unknown): boolean {
  // What the node adds to a pod's spec is no change of the program's.
  const own = (value: unknown) =>
    JSON.stringify(value, (key, inner: unknown) => (key === "nodeName" ? undefined : inner));
  return own(before) !== own(after);
}

function answer(urn: string, inputs: Record<string, unknown>): Record<string, unknown> {
  if (!urn.includes("kubernetes:core/v1:Pod::")) {
    return {};
  }
  const spec = inputs.spec as { runtimeClassName?: string };
  const message =
    spec.runtimeClassName === undefined
      ? "kernel=6.1\nbootId=node\nnodeBootId=node"
      : `kernel=4.19.0-gvisor\nbootId=${process.env.SIMULATED_BOOT_ID}\ngvisorMessage=Starting gVisor...`;
  return {
    spec: { ...spec, nodeName: "node-1" },
    status: { phase: "Succeeded", containerStatuses: [{ state: { terminated: { message } } }] },
  };
}

void main(provider, process.argv.slice(2));
