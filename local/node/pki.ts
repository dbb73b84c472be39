import { join } from "node:path";

/** Who signs a certificate. etcd has an authority of its own, so that no client of the cluster can read it. */
export type Authority = "ca" | "etcd-ca";

/** A certificate to issue, into the files `<name>.crt` and `<name>.key`. */
export interface CertificateRequest {
  readonly name: string;
  readonly authority: Authority;
  /** The user or host name that it is for. */
  readonly commonName: string;
  /** The group of the user: `system:masters` and the like. */
  readonly organization?: string;
  /** Host names and IP addresses that it serves; without it, it is for a client only. */
  readonly serves?: readonly string[];
}

/** Files of a key pair. */
export interface KeyPairFiles {
  readonly cert: string;
  readonly key: string;
}

/** Where the certificate and the key of a request, or of an authority, are. */
export function keyPair(folder: string, name: string): KeyPairFiles {
  return { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}

/** Where the key pair is that signs service account tokens. */
export function serviceAccountKeys(folder: string): { private: string; public: string } {
  return { private: join(folder, "service-account.key"), public: join(folder, "service-account.pub") };
}
