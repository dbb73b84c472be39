import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { pack, type Header } from "tar-stream";

/** A file, folder or symbolic link of an image. Everything belongs to root. */
export type ImageEntry = { readonly path: string } & (
  | { readonly kind: "file"; readonly content: Buffer; readonly mode: number }
  | { readonly kind: "folder"; readonly mode: number }
  | { readonly kind: "link"; readonly target: string }
);

/** A container image of one layer. */
export interface Image {
  /** Full reference with a tag, such as `bulkhead.local/pause:1`. */
  readonly reference: string;
  /** Paths are relative to the root and need no order; parent folders are made. */
  readonly entries: readonly ImageEntry[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
}

/** Node's names of processors, and what images call them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * An image as the archive that `docker save` writes and containerd imports. The same image gives the same
 * bytes, and so the same digest, on every machine of one architecture.
 */
export async function imageArchive(image: Image): Promise<Buffer> {
  const layer = await tar(withFolders(image.entries));
  const config = json({
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: "linux",
    config: { Env: [`PATH=${PATH}`], Entrypoint: image.entrypoint, Cmd: image.command },
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
  });
  const configName = `${sha256(config)}.json`;
  const layerName = `${sha256(layer)}/layer.tar`;
  const manifest = json([{ Config: configName, RepoTags: [image.reference], Layers: [layerName] }]);
  return tar([
    { path: "manifest.json", kind: "file", content: manifest, mode: 0o644 },
    { path: configName, kind: "file", content: config, mode: 0o644 },
    { path: layerName, kind: "file", content: layer, mode: 0o644 },
  ]);
}

/** Adds the parent folders that are not listed, and puts every folder before what it holds. */
function withFolders(entries: readonly ImageEntry[]): ImageEntry[] {
  const all = new Map<string, ImageEntry>(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) {
    const parts = path.split("/");
    for (let length = 1; length < parts.length; length++) {
      const parent = parts.slice(0, length).join("/");
      if (!all.has(parent)) {
        all.set(parent, { path: parent, kind: "folder", mode: 0o755 });
      }
    }
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function tar(entries: readonly ImageEntry[]): Promise<Buffer> {
  const archive = pack();
  const bytes = buffer(archive);
  for (const entry of entries) {
    const header: Partial<Header> & { name: string } = {
      name: entry.path,
      uid: 0,
      gid: 0,
      mtime: new Date(0),
    };
    switch (entry.kind) {
      case "file":
        archive.entry({ ...header, mode: entry.mode, size: entry.content.length }, entry.content);
        break;
      case "folder":
        archive.entry({ ...header, type: "directory", mode: entry.mode });
        break;
      case "link":
        archive.entry({ ...header, type: "symlink", mode: 0o777, linkname: entry.target });
        break;
    }
  }
  archive.finalize();
  return bytes;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
