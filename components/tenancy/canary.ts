import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { Isolation } from "../plan/vocabulary";
import { runtimeOf } from "../plan/vocabulary";
import { restrictedContainer, restrictedPod } from "../restricted";
import { sightingScript } from "../runtimes/evidence";
import { CANARY_NAME, CANARY_PORT } from "./canary-address";
import { tenantLabels } from "./namespace-labels";

/** Arguments of TenantCanary. */
export interface TenantCanaryArgs {
  /** Name of the tenant. */
  tenant: string;
  /** The tenant's namespace. */
  namespace: pulumi.Input<string>;
  /** ServiceAccount that the pod runs as. */
  serviceAccount: pulumi.Input<string>;
  /** What the pod runs in. Decides the pod's RuntimeClass. */
  isolation: Isolation;
  /** Image with a POSIX shell and an `httpd`, such as BusyBox. */
  image: string;
}

const script = `mkdir -p /tmp/www
{
${sightingScript}
} > /tmp/www/index.html
exec httpd -f -p ${CANARY_PORT} -h /tmp/www`;

/**
 * A small web server in the tenant's own sandbox that answers with the kernel that it sees: a living sign that
 * the tenant's pods can run, are reached over a Service, and run in what the tenant was promised.
 *
 * Costs one pod of the tenant's quota: 10m CPU and 16 MiB requested, plus the runtime's overhead.
 */
export class TenantCanary extends pulumi.ComponentResource {
  /** URL of the canary inside the cluster. */
  public readonly url: pulumi.Output<string>;

  public constructor(name: string, args: TenantCanaryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pulumi-bulkhead:index:TenantCanary", name, args, opts);
    const selector = { "app.kubernetes.io/name": CANARY_NAME };
    const labels = { ...tenantLabels(args.tenant), ...selector };
    const metadata = { name: CANARY_NAME, namespace: args.namespace, labels };

    const deployment = new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata,
        spec: {
          replicas: 1,
          selector: { matchLabels: selector },
          // A second pod beside the first could exceed a small quota and block the roll-out for ever.
          strategy: { type: "Recreate" },
          template: {
            metadata: { labels },
            spec: {
              ...restrictedPod,
              runtimeClassName: runtimeOf(args.isolation),
              serviceAccountName: args.serviceAccount,
              terminationGracePeriodSeconds: 1,
              containers: [
                {
                  ...restrictedContainer,
                  name: "web",
                  image: args.image,
                  command: ["sh", "-c", script],
                  ports: [{ name: "http", containerPort: CANARY_PORT }],
                  readinessProbe: {
                    tcpSocket: { port: CANARY_PORT },
                    periodSeconds: 1,
                    failureThreshold: 30,
                  },
                  resources: {
                    requests: { cpu: "10m", memory: "16Mi" },
                    limits: { cpu: "250m", memory: "64Mi" },
                  },
                  volumeMounts: [{ name: "www", mountPath: "/tmp" }],
                },
              ],
              volumes: [{ name: "www", emptyDir: { sizeLimit: "1Mi" } }],
            },
          },
        },
      },
      { parent: this },
    );
    const service = new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata,
        spec: { selector, ports: [{ name: "http", port: CANARY_PORT, targetPort: "http" }] },
      },
      { parent: this, dependsOn: deployment },
    );
    this.url = pulumi.interpolate`http://${service.metadata.name}.${args.namespace}.svc:${CANARY_PORT}/`;
    this.registerOutputs({ url: this.url });
  }
}
