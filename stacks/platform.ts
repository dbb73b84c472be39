import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { managedLabels } from "../components/labels";
import type { Pool } from "../components/plan/pool";
import { planRuntimeClasses } from "../components/plan/runtime-class-plan";
import { tenantWarnings } from "../components/plan/tenant-checks";
import { IsolationProbe } from "../components/runtimes/isolation-probe";
import { RuntimeClasses } from "../components/runtimes/runtime-classes";
import { TenantCanary } from "../components/tenancy/canary";
import { Tenant } from "../components/tenancy/tenant";
import { TenantRoles } from "../components/tenancy/tenant-roles";
import { stackFileMessage } from "./spec/config-message";
import type { Environment } from "./spec/environment";

/**
 * Deploys what every target has in its cluster: RuntimeClasses, the proof that they isolate, and the tenants.
 * No tenant is made before the proof has held.
 * @returns the outputs of the stack
 */
export function deployPlatform(environment: Environment, pools: Pool[], provider: k8s.Provider) {
  const { classes, problems } = planRuntimeClasses(pools, environment.runtimes);
  if (problems.length > 0) {
    throw new pulumi.RunError(stackFileMessage(pulumi.getStack(), problems));
  }
  for (const warning of tenantWarnings(environment.tenants)) {
    void pulumi.log.warn(warning);
  }

  const runtimeClasses = new RuntimeClasses("runtimes", { classes }, { provider });
  const handlers = Object.fromEntries(classes.map((planned) => [planned.name, planned.handler]));
  const probes = probePools(environment, pools, handlers, { provider, dependsOn: runtimeClasses });
  const roles = new TenantRoles("tenant-roles", {}, { provider });
  const ready = pulumi.all(probes.map((probe) => probe.proven)).apply(() => [roles]);
  const tenants = environment.tenants.map(({ name, canary, ...spec }) => {
    const tenant = new Tenant(name, { tenant: name, ...spec }, { provider, dependsOn: ready });
    const { namespace, serviceAccount } = tenant;
    const { isolation } = spec;
    const url = canary
      ? new TenantCanary(
          `${name}-canary`,
          { tenant: name, namespace, serviceAccount, isolation, image: environment.shellImage },
          { provider, dependsOn: tenant },
        ).url
      : undefined;
    return [name, { namespace, isolation, serviceAccount, canary: url }] as const;
  });
  const evidence = pulumi.all(probes.map((probe) => probe.evidence)).apply((lists) => lists.flat());
  return { runtimeClasses: runtimeClasses.names, evidence, tenants: Object.fromEntries(tenants) };
}

function probePools(
  environment: Environment,
  pools: Pool[],
  handlers: Record<string, string>,
  opts: pulumi.ComponentResourceOptions,
) {
  const namespace = new k8s.core.v1.Namespace(
    "probe-namespace",
    {
      metadata: {
        name: "bulkhead-probe",
        labels: { ...managedLabels("probe"), "pod-security.kubernetes.io/enforce": "privileged" },
      },
    },
    { provider: opts.provider },
  );
  return pools.map(
    (pool) =>
      new IsolationProbe(
        `probe-${pool.name}`,
        { pool, handlers, namespace: namespace.metadata.name, image: environment.shellImage },
        opts,
      ),
  );
}
