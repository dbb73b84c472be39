import assert from "node:assert/strict";
import { testNode, type TestNode } from "../support/node";
import { eventually } from "../support/kubectl";
import { ask, namespace, webPod, webService } from "../support/pods";

const OWN = "node-policy-own";
const OTHER = "node-policy-other";
const HOST = `web.${OWN}.svc.cluster.local`;
/** Neither name nor certificate: only whether a connection comes about. */
const API_SERVER = "nc -w 3 10.96.0.1 443 < /dev/null";

describe("network policies on the node", () => {
  let node: TestNode;

  before(async function () {
    this.timeout(0);
    node = await testNode();
    await node.kubectl.apply(namespace(OWN), namespace(OTHER));
    for (const name of [OWN, OTHER]) {
      await eventually("a namespace gets its service account", async () =>
        (await node.kubectl("-n", name, "get", "serviceaccounts", "-o", "name")).includes("default"),
      );
    }
    await node.kubectl.apply(
      webPod(OWN, "web"),
      webPod(OWN, "friend"),
      webPod(OTHER, "stranger"),
      webService(OWN, "web"),
    );
    await node.kubectl.podsReady(OWN);
    await node.kubectl.podsReady(OTHER);
  });

  after(async function () {
    this.timeout(60_000);
    await node.kubectl("delete", "namespace", OWN, OTHER, "--wait=false");
  });

  it("cut off other namespaces and the way out, and leave what they allow", async function () {
    this.timeout(240_000);
    const reaches = (from: string, pod: string, command: string): Promise<boolean> =>
      node.kubectl.succeeds(from, pod, command);
    assert(await reaches(OTHER, "stranger", ask(HOST)), "without a policy, everybody is let in");
    assert(await reaches(OWN, "friend", API_SERVER), "without a policy, everybody is let out");

    await node.kubectl.apply(policy());

    await eventually("a stranger is refused", async () => !(await reaches(OTHER, "stranger", ask(HOST))));
    await eventually("the way out is cut", async () => !(await reaches(OWN, "friend", API_SERVER)));
    assert(await reaches(OWN, "friend", ask(HOST)), "the same namespace and the name server are allowed");
    assert(await reaches(OTHER, "stranger", API_SERVER), "other namespaces are not concerned");
  });
});

/** Denies all but traffic in the namespace, and questions to the name server. */
function policy(): object {
  const dns = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
    podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
  };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "isolate", namespace: OWN },
    spec: {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [{ podSelector: {} }] }],
      egress: [
        { to: [{ podSelector: {} }] },
        {
          to: [dns],
          ports: [
            { port: 53, protocol: "UDP" },
            { port: 53, protocol: "TCP" },
          ],
        },
      ],
    },
  };
}
