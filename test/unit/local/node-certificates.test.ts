import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureCertificates } from "../../../local/node/certificates";
import type { CertificateRequest } from "../../../local/node/pki";

const REQUESTS: CertificateRequest[] = [
  { name: "server", authority: "ca", commonName: "server", serves: ["10.0.0.1", "server.example"] },
  { name: "user", authority: "ca", commonName: "jane", organization: "system:masters" },
  { name: "etcd", authority: "etcd-ca", commonName: "etcd" },
];

describe("the certificates of a cluster", () => {
  let root: string;
  let folder: string;
  const certificate = async (name: string): Promise<X509Certificate> =>
    new X509Certificate(await readFile(join(folder, `${name}.crt`)));

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "bulkhead-certificates-"));
    folder = join(root, "pki");
    await ensureCertificates(folder, REQUESTS);
  });

  afterEach(() => rm(root, { recursive: true }));

  it("name the hosts that they serve", async () => {
    const server = await certificate("server");
    assert.equal(server.checkIP("10.0.0.1"), "10.0.0.1");
    assert.equal(server.checkHost("server.example"), "server.example");
    assert.equal(server.checkIP("10.0.0.2"), undefined);
  });

  it("carry user and group", async () => {
    assert.equal((await certificate("user")).subject, "O=system:masters\nCN=jane");
  });

  it("are signed by their own authority only", async () => {
    const [ca, etcdCa] = await Promise.all([certificate("ca"), certificate("etcd-ca")]);
    const [user, etcd] = await Promise.all([certificate("user"), certificate("etcd")]);
    assert(user.verify(ca.publicKey));
    assert(etcd.verify(etcdCa.publicKey));
    assert(!etcd.verify(ca.publicKey), "who has a certificate of the cluster does not get at etcd");
  });

  it("have keys that only their owner reads", async () => {
    for (const name of ["ca.key", "etcd-ca.key", "server.key", "user.key", "service-account.key"]) {
      assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
    }
  });

  it("stay as they are at the next start", async () => {
    const before = await readFile(join(folder, "user.crt"), "utf8");
    await ensureCertificates(folder, REQUESTS);
    assert.equal(await readFile(join(folder, "user.crt"), "utf8"), before);
  });

  it("are made anew when a start was cut off in the middle", async () => {
    await rm(folder, { recursive: true });
    await mkdir(`${folder}.partial`);
    await writeFile(join(`${folder}.partial`, "ca.crt"), "half");
    await ensureCertificates(folder, REQUESTS);
    assert.match(await readFile(join(folder, "ca.crt"), "utf8"), /^-----BEGIN CERTIFICATE-----/);
  });
});
