import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { extract, type Header } from "tar-stream";
import { imageArchive, type Image } from "../../../local/node/images";
import { libraryPaths } from "../../../local/node/node-images";

const IMAGE: Image = {
  reference: "bulkhead.local/example:1",
  entries: [
    { path: "bin/tool", kind: "file", content: Buffer.from("program"), mode: 0o755 },
    { path: "bin/alias", kind: "link", target: "tool" },
    { path: "tmp", kind: "folder", mode: 0o1777 },
  ],
  entrypoint: ["/bin/tool"],
};

describe("an image", () => {
  it("is the same bytes every time, whatever the order of its files", async () => {
    const shuffled = { ...IMAGE, entries: [...IMAGE.entries].reverse() };
    assert((await imageArchive(IMAGE)).equals(await imageArchive(shuffled)));
  });

  it("has its reference, and a configuration that names its layer by digest", async () => {
    const archive = await untar(await imageArchive(IMAGE));
    const [manifest] = JSON.parse(content(archive, "manifest.json")) as {
      Config: string;
      RepoTags: string[];
      Layers: string[];
    }[];
    assert(manifest);
    assert.deepEqual(manifest.RepoTags, [IMAGE.reference]);
    const config = JSON.parse(content(archive, manifest.Config)) as {
      rootfs: { diff_ids: string[] };
      config: { Entrypoint: string[] };
    };
    const layer = archive.get(manifest.Layers[0] ?? "")?.content ?? Buffer.alloc(0);
    assert.deepEqual(config.rootfs.diff_ids, [`sha256:${sha256(layer)}`]);
    assert.deepEqual(config.config.Entrypoint, ["/bin/tool"]);
  });

  it("holds its files with their modes, links, and parent folders that nobody listed", async () => {
    const archive = await untar(await imageArchive(IMAGE));
    const layer = [...archive].find(([name]) => name.endsWith("layer.tar"))?.[1].content;
    const files = await untar(layer ?? Buffer.alloc(0));
    const shown = [...files.values()].map(({ header: { name, type, mode, linkname } }) =>
      [name.replace(/\/$/, ""), type, mode?.toString(8), linkname].filter(Boolean).join(" "),
    );
    assert.deepEqual(shown, [
      "bin directory 755",
      "bin/alias symlink 777 tool",
      "bin/tool file 755",
      "tmp directory 1777",
    ]);
  });
});

describe("the libraries of a program", () => {
  it("are read from what ldd prints", () => {
    const printed = [
      "\tlinux-vdso.so.1 (0x00007faebcc6f000)",
      "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007faebc9ad000)",
      "\t/lib64/ld-linux-x86-64.so.2 (0x00007faebcc71000)",
    ].join("\n");
    assert.deepEqual(libraryPaths(printed), [
      "/lib/x86_64-linux-gnu/libc.so.6",
      "/lib64/ld-linux-x86-64.so.2",
    ]);
  });
});

interface File {
  header: Header;
  content: Buffer;
}

async function untar(archive: Buffer): Promise<Map<string, File>> {
  const files = new Map<string, File>();
  const reader = Readable.from([archive]).pipe(extract());
  for await (const entry of reader) {
    files.set(entry.header.name, { header: entry.header, content: await buffer(entry) });
  }
  return files;
}

function content(files: Map<string, File>, name: string): string {
  return files.get(name)?.content.toString() ?? "";
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
