import { join } from "node:path";
import { ensureCertificates } from "./certificates";
import { writeKubeconfigs } from "./control-plane";
import { apiUrl, controlPlaneCertificates } from "./control-plane-components";
import { kubeconfig, writePrivate } from "./kubeconfig";
import { controlPlaneLayout, KUBELET, NODE_CLIENTS, type NodeLayout } from "./layout";
import type { CertificateRequest } from "./pki";

/** Writes the certificates and kubeconfigs of a node, before its start, so that they are there at once. */
export async function prepareAccess(layout: NodeLayout): Promise<void> {
  const control = controlPlaneLayout(layout);
  await ensureCertificates(control.pki, [
    ...controlPlaneCertificates(control.address),
    ...nodeCertificates(layout),
  ]);
  await writeKubeconfigs(control, `bulkhead-${layout.name}`);
  for (const client of [KUBELET, ...NODE_CLIENTS]) {
    const content = await kubeconfig({ url: apiUrl(control), pki: control.pki, client, context: client });
    await writePrivate(join(layout.dir, `${client}.conf`), content);
  }
}

function nodeCertificates({ nodeName, network }: NodeLayout): CertificateRequest[] {
  return [
    {
      name: KUBELET,
      authority: "ca",
      // What the Node authorizer asks for.
      commonName: `system:node:${nodeName}`,
      organization: "system:nodes",
      serves: [nodeName, network.nodeAddress],
    },
    ...NODE_CLIENTS.map((name) => ({ name, authority: "ca" as const, commonName: `system:${name}` })),
  ];
}
