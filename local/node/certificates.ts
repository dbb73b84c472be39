import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { access, mkdir, rename, rm, writeFile } from "node:fs/promises";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type Extension,
  type JsonGeneralNames,
  type JsonName,
  type X509Certificate,
} from "@peculiar/x509";
import { keyPair, serviceAccountKeys, type CertificateRequest } from "./pki";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** Long enough that a node never has to renew what only this machine accepts. */
const YEARS = 10;

cryptoProvider.set(webcrypto as Crypto);

/**
 * Issues all certificates of a cluster into a folder, unless it exists. The folder appears whole or not at
 * all, so a start that was cut off leaves nothing that the next one would trip over.
 *
 * Keys are readable by their owner only.
 */
export async function ensureCertificates(
  folder: string,
  requests: readonly CertificateRequest[],
): Promise<void> {
  const exists = await access(folder).then(
    () => true,
    () => false,
  );
  if (exists) {
    return;
  }
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  const authorities = { ca: await authority("bulkhead"), "etcd-ca": await authority("bulkhead-etcd") };
  for (const [name, { certificate, keys }] of Object.entries(authorities)) {
    await save(partial, name, certificate, keys);
  }
  for (const request of requests) {
    const keys = await generateKeys();
    const { certificate } = await issue(request, keys, authorities[request.authority]);
    await save(partial, request.name, certificate, keys);
  }
  const signing = await generateKeys();
  const files = serviceAccountKeys(partial);
  await writeFile(files.private, await pem("pkcs8", signing.privateKey), { mode: 0o600 });
  await writeFile(files.public, await pem("spki", signing.publicKey));
  await rename(partial, folder);
}

interface Issued {
  readonly certificate: X509Certificate;
  readonly keys: CryptoKeyPair;
}

async function authority(commonName: string): Promise<Issued> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...common(),
    keys,
    name: [{ CN: [commonName] }],
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, keys };
}

async function issue(request: CertificateRequest, keys: CryptoKeyPair, by: Issued): Promise<Issued> {
  const subject: JsonName = [{ CN: [request.commonName] }];
  if (request.organization) {
    subject.unshift({ O: [request.organization] });
  }
  const usages: string[] = [ExtendedKeyUsage.clientAuth];
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  ];
  if (request.serves) {
    usages.push(ExtendedKeyUsage.serverAuth);
    extensions.push(new SubjectAlternativeNameExtension(request.serves.map(generalName)));
  }
  const certificate = await X509CertificateGenerator.create({
    ...common(),
    subject,
    issuer: by.certificate.subjectName,
    publicKey: keys.publicKey,
    signingKey: by.keys.privateKey,
    extensions: [...extensions, new ExtendedKeyUsageExtension(usages)],
  });
  return { certificate, keys };
}

function common(): { notBefore: Date; notAfter: Date; signingAlgorithm: typeof ALGORITHM } {
  const notBefore = new Date();
  const notAfter = new Date(notBefore);
  notAfter.setFullYear(notAfter.getFullYear() + YEARS);
  return { notBefore, notAfter, signingAlgorithm: ALGORITHM };
}

function generalName(host: string): JsonGeneralNames[number] {
  return { type: /^[\d.]+$/.test(host) ? "ip" : "dns", value: host };
}

async function generateKeys(): Promise<CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function save(
  folder: string,
  name: string,
  certificate: X509Certificate,
  keys: CryptoKeyPair,
): Promise<void> {
  const files = keyPair(folder, name);
  await writeFile(files.cert, `${certificate.toString("pem")}\n`);
  await writeFile(files.key, await pem("pkcs8", keys.privateKey), { mode: 0o600 });
}

async function pem(format: "pkcs8" | "spki", key: CryptoKey): Promise<string> {
  const raw = await webcrypto.subtle.exportKey(format, key);
  return `${PemConverter.encode(raw, format === "pkcs8" ? "PRIVATE KEY" : "PUBLIC KEY")}\n`;
}
