import { BUSYBOX_IMAGE } from "../../local/node/node-images";

/** A namespace of a test. */
export function namespace(name: string): object {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/**
 * A pod that answers `hello from NAME` over HTTP on port 8080, and says so in its log.
 *
 * @param runtimeClassName the cluster's default runtime if undefined
 */
export function webPod(namespace: string, name: string, runtimeClassName?: string): object {
  const script = `mkdir /tmp/www && echo hello from ${name} > /tmp/www/index.html && echo serving && exec httpd -f -p 8080 -h /tmp/www`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      ...(runtimeClassName !== undefined && { runtimeClassName }),
      containers: [{ name: "main", image: BUSYBOX_IMAGE, command: ["sh", "-c", script] }],
    },
  };
}

/** A Service with the name of a `webPod`, on port 80. */
export function webService(namespace: string, name: string): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
  };
}

/** Shell command that prints the answer of a `webService`. Not `wget -T`: that crashes in Debian's busybox. */
export function ask(host: string): string {
  return `timeout 3 wget -q -O - http://${host}`;
}
