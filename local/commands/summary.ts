import Table from "cli-table3";

import type { Sighting } from "../../components/runtimes/evidence";
import type { Findings } from "./findings";

/** What exists, and the evidence of it, as a text for people. */
export function summary(found: Findings, kubeconfig: string): string {
  const { node } = found;
  const classes = found.runtimeClasses.map(({ name, handler }) => `${name} (handler ${handler})`).join(", ");
  return [
    `Node ${node.name}: kernel ${node.kernel}, boot id ${node.bootId}, handlers ${node.handlers.join(", ")}`,
    `RuntimeClasses: ${classes}`,
    "",
    "What the probe's pods saw:",
    table(
      ["pool", "runtime", "kernel", "boot id", "verdict"],
      found.probes.map(({ pool, runtime, saw }) => [
        pool,
        runtime || "none (negative control)",
        kernelOf(saw),
        saw.bootId,
        verdict(saw, node.bootId),
      ]),
    ),
    "",
    "What the tenants' own pods answer over their Services now:",
    table(
      ["tenant", "isolation", "kernel", "boot id", "verdict"],
      found.tenants.map(({ name, isolation, saw, problem }) =>
        saw
          ? [name, isolation, kernelOf(saw), saw.bootId, verdict(saw, node.bootId)]
          : [name, isolation, "", "", problem ?? ""],
      ),
    ),
    "",
    `kubectl --kubeconfig ${kubeconfig} get pods --all-namespaces`,
  ].join("\n");
}

function kernelOf(saw: Sighting): string {
  return saw.gvisorMessage === "" ? saw.kernel : `${saw.kernel} (gVisor)`;
}

function verdict(saw: Sighting, nodeBootId: string): string {
  if (saw.bootId === "") {
    return "saw nothing";
  }
  return saw.bootId === nodeBootId ? "shares the node's kernel" : "has a kernel of its own";
}

function table(head: string[], rows: string[][]): string {
  const drawn = new Table({ head, style: { head: [], border: [] } });
  drawn.push(...rows);
  return drawn.toString();
}
