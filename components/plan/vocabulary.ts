/** A sandboxed runtime: what a pod asks for to get a kernel of its own. */
export const Runtime = {
  /** gVisor: a kernel in user space. Runs on any machine and slows system calls. */
  Gvisor: "gvisor",
  /** Kata Containers: a virtual machine for each pod. Needs hardware virtualization on the node. */
  Kata: "kata",
} as const;
export type Runtime = (typeof Runtime)[keyof typeof Runtime];

/** What the pods of a tenant run in. */
export const Isolation = {
  /** Every pod in gVisor. */
  Gvisor: "gvisor",
  /** Every pod in a Kata virtual machine. */
  Kata: "kata",
  /** Plain containers on the node's own kernel: only for tenants trusted as much as the nodes themselves. */
  SharedKernel: "sharedKernel",
} as const;
export type Isolation = (typeof Isolation)[keyof typeof Isolation];

/** The RuntimeClass that pods of this isolation level name; undefined for plain containers. */
export function runtimeOf(isolation: Isolation): Runtime | undefined {
  return isolation === Isolation.SharedKernel ? undefined : isolation;
}

/** What a taint does to pods that do not tolerate it. */
export const TaintEffect = {
  NoSchedule: "NoSchedule",
  PreferNoSchedule: "PreferNoSchedule",
  NoExecute: "NoExecute",
} as const;
export type TaintEffect = (typeof TaintEffect)[keyof typeof TaintEffect];
