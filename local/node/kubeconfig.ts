import { readFile, rename, writeFile } from "node:fs/promises";
import { stringify } from "yaml";
import { keyPair } from "./pki";

/** What a kubeconfig is made of. */
export interface KubeconfigParts {
  /** Address of the API server, such as `https://198.51.100.2:6443`. */
  readonly url: string;
  /** Folder of the certificates. */
  readonly pki: string;
  /** Name of the client certificate in that folder. */
  readonly client: string;
  /** Name of cluster, user and context: what `kubectl config get-contexts` shows. */
  readonly context: string;
}

/** A kubeconfig that holds all it needs, so that its content can be handed on. */
export async function kubeconfig({ url, pki, client, context }: KubeconfigParts): Promise<string> {
  const { cert, key } = keyPair(pki, client);
  const [authority, certificate, privateKey] = await Promise.all(
    [keyPair(pki, "ca").cert, cert, key].map((file) => readFile(file, "base64")),
  );
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": context,
    clusters: [{ name: context, cluster: { server: url, "certificate-authority-data": authority } }],
    users: [
      {
        name: context,
        user: { "client-certificate-data": certificate, "client-key-data": privateKey },
      },
    ],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
  });
}

/** Writes a file that only its owner reads; readers see the old content or the new, never a part. */
export async function writePrivate(file: string, content: string): Promise<void> {
  const partial = `${file}.partial`;
  await writeFile(partial, content, { mode: 0o600 });
  await rename(partial, file);
}
