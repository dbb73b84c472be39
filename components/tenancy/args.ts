import type { Isolation } from "../plan/vocabulary";
import type { TenantRole } from "./roles";

/** How much of the cluster a tenant may take. Requests and limits are held to the same numbers. */
export interface TenantQuota {
  /** CPU of all pods together, a Kubernetes quantity in vCPU such as `2` or `500m`. Default: `2`. */
  cpu?: string;
  /** Memory of all pods together, a Kubernetes quantity such as `4Gi`. Default: `4Gi`. */
  memory?: string;
  /** Number of pods that are not finished. Default: 20. */
  pods?: number;
  /** Storage of all claims together, a Kubernetes quantity such as `10Gi`. Default: `10Gi`. */
  storage?: string;
}

/** CPU and memory that a container gets when it asks for none. */
export interface ContainerDefaults {
  /** CPU requested, a Kubernetes quantity. Default: `50m`. */
  cpuRequest?: string;
  /** Memory requested, a Kubernetes quantity. Default: `64Mi`. */
  memoryRequest?: string;
  /** CPU at most, a Kubernetes quantity. Default: `250m`. */
  cpuLimit?: string;
  /**
   * Memory at most, a Kubernetes quantity. Default: `128Mi`. Both limits have a default because Kata sizes the
   * virtual machine by them: a pod with a CPU limit and no memory limit gets a machine of about 32 MiB.
   */
  memoryLimit?: string;
}

/** A user or a group, and what they may do in the tenant's namespace. */
export interface TenantMember {
  /** Name of a user, as the cluster's authentication gives it. Exactly one of user and group. */
  user?: string;
  /** Name of a group, as the cluster's authentication gives it. Exactly one of user and group. */
  group?: string;
  /** What they may do. */
  role: TenantRole;
}

/** Arguments of Tenant. */
export interface TenantArgs {
  /** Name of the tenant and of its namespace: a DNS label of at most 63 characters. */
  tenant: string;
  /** What the tenant's pods run in. Default: gVisor, which every machine can run. */
  isolation?: Isolation;
  /** How much of the cluster the tenant may take. Default: 2 vCPU, 4 GiB, 20 pods, 10 GiB of storage. */
  quota?: TenantQuota;
  /** What containers get that ask for nothing. Default: see ContainerDefaults. */
  containers?: ContainerDefaults;
  /** Who may do what in the tenant's namespace. Default: nobody but the platform. */
  members?: TenantMember[];
}
