import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ensureCertificates } from "./certificates";
import {
  apiUrl,
  CONTROLLERS,
  controlPlaneCertificates,
  runControlPlane,
  type ControlPlaneLayout,
  type ControlPlaneProgram,
} from "./control-plane-components";
import { kubeconfig, writePrivate } from "./kubeconfig";
import { ADMIN_KUBECONFIG } from "./paths";
import { freePorts } from "./ports";
import { Processes } from "./processes";

const LOOPBACK = "127.0.0.1";

export interface ControlPlaneOptions {
  /** Folder for data, certificates, kubeconfigs and logs. A folder of an earlier run brings its cluster back. */
  readonly dir: string;
  /** Absolute paths of the programs. */
  readonly programs: Readonly<Record<ControlPlaneProgram, string>>;
}

/** A control plane that runs. */
export interface ControlPlane {
  /** File with full rights on the cluster, mode 0600. */
  readonly kubeconfig: string;
  /** Address of the API server; another one at each start. */
  readonly url: string;
  /** Ends all its processes. The folder stays. */
  stop(): Promise<void>;
}

/**
 * Starts a control plane without a node: etcd, API server, controllers, scheduler. Objects behave as on any
 * cluster, admission and garbage collection included, but no pod ever runs.
 *
 * It needs neither root nor namespaces, and listens on free ports of the loopback address. It takes about
 * 4 seconds and 450 MB. It ends with the process that started it.
 *
 * @throws ComponentFailure when a part does not come up
 */
export async function startControlPlane({ dir, programs }: ControlPlaneOptions): Promise<ControlPlane> {
  const [api = 0, etcdClient = 0, etcdPeer = 0] = await freePorts(3);
  const layout: ControlPlaneLayout = {
    programs,
    data: join(dir, "etcd"),
    pki: join(dir, "pki"),
    kubeconfigs: dir,
    address: LOOPBACK,
    ports: { api, etcd: etcdClient, etcdPeer },
  };
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await ensureCertificates(layout.pki, controlPlaneCertificates(LOOPBACK));
  const admin = await writeKubeconfigs(layout, "bulkhead-control-plane");
  const processes = new Processes(join(dir, "logs"));
  try {
    await runControlPlane(processes, layout);
  } catch (error) {
    await processes.stop();
    throw error;
  }
  return { kubeconfig: admin, url: apiUrl(layout), stop: () => processes.stop() };
}

/**
 * Writes the kubeconfigs of the control plane's clients.
 *
 * @returns the path of the administrator's
 */
export async function writeKubeconfigs(layout: ControlPlaneLayout, context: string): Promise<string> {
  const { pki, kubeconfigs } = layout;
  const url = apiUrl(layout);
  const admin = join(kubeconfigs, ADMIN_KUBECONFIG);
  await writePrivate(admin, await kubeconfig({ url, pki, client: "admin", context }));
  for (const client of CONTROLLERS) {
    const content = await kubeconfig({ url, pki, client, context: client });
    await writePrivate(join(kubeconfigs, `${client}.conf`), content);
  }
  return admin;
}
