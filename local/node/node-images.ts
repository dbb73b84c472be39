import { readFile } from "node:fs/promises";
import { x } from "tinyexec";
import type { Image, ImageEntry } from "./images";

/** Keeps the namespaces of a pod. */
export const PAUSE_IMAGE = "bulkhead.local/pause:1";
/**
 * Shell, common tools, a web server (`httpd`), `nc`, `wget` and `nslookup`, which resolve names of Services.
 * `wget -T` crashes in Debian's build: write `timeout 3 wget`. It runs as any user, also on a read-only root. The node has no registry, so this is what its pods run.
 */
export const BUSYBOX_IMAGE = "bulkhead.local/busybox:1";
/** The cluster's name server. */
export const DNS_IMAGE = "bulkhead.local/coredns:1";

/** Absolute paths of the programs that the images are made of. */
export interface ImageSources {
  readonly catatonit: string;
  readonly busybox: string;
  readonly coredns: string;
}

/** All images that the node brings with it. */
export async function nodeImages(sources: ImageSources): Promise<Image[]> {
  return [
    {
      reference: PAUSE_IMAGE,
      entries: [await program("pause", sources.catatonit)],
      // Catatonit's pause mode: collect orphans, and wait to be killed.
      entrypoint: ["/pause", "-P"],
    },
    { reference: BUSYBOX_IMAGE, entries: await busybox(sources.busybox), command: ["sh"] },
    {
      reference: DNS_IMAGE,
      entries: [await program("coredns", sources.coredns)],
      entrypoint: ["/coredns"],
    },
  ];
}

async function busybox(path: string): Promise<ImageEntry[]> {
  const [applets, libraries] = await Promise.all([
    x(path, ["--list"], { nodePath: false, throwOnError: true }),
    x("ldd", [path], { nodePath: false, throwOnError: true }),
  ]);
  return [
    await program("bin/busybox", path),
    ...(await Promise.all(libraryPaths(libraries.stdout).map((file) => program(file.slice(1), file)))),
    ...applets.stdout
      .trim()
      .split("\n")
      .filter((name) => name !== "busybox")
      .map((name): ImageEntry => ({ path: `bin/${name}`, kind: "link", target: "busybox" })),
    text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
    text("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    { path: "root", kind: "folder", mode: 0o700 },
    { path: "tmp", kind: "folder", mode: 0o1777 },
    // Container runtimes mount over these.
    ...["dev", "proc", "sys"].map((path): ImageEntry => ({ path, kind: "folder", mode: 0o755 })),
  ];
}

/**
 * The files among what `ldd` prints: `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)`, and
 * `/lib64/ld-linux-x86-64.so.2 (0x…)` for the loader.
 */
export function libraryPaths(ldd: string): string[] {
  return ldd.split("\n").flatMap((line) => /(?:=>\s+|^\s*)(\/\S+)\s+\(/.exec(line)?.[1] ?? []);
}

async function program(path: string, source: string): Promise<ImageEntry> {
  return { path, kind: "file", content: await readFile(source), mode: 0o755 };
}

function text(path: string, content: string): ImageEntry {
  return { path, kind: "file", content: Buffer.from(content), mode: 0o644 };
}
