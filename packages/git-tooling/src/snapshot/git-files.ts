import { createHash } from "node:crypto";
import { createReadStream, lstatSync } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createInflate } from "node:zlib";
import type { Limits } from "./limits.js";
import type { ByteName } from "./tree.js";

/** What a repository's own folder may hold to be kept. `…_bytes`: what has to be copied since it cannot be linked. */
export const GIT_LIMITS: Omit<Limits, "wait_ms"> = {
  files: 50_000,
  file_bytes: 64 << 20,
  new_bytes: 64 << 20,
  large_bytes: 64 << 20,
  rebuilt_files: Infinity,
};

/** git's own while it works: locks, and objects that are not whole yet. */
export function isPassing(path: ByteName): boolean {
  return /\.lock$|\/objects\/(?:.*\/)?\.?tmp[-_][^/]*$/.test(path);
}

const LOOSE = "[0-9a-f]{2}/[0-9a-f]{38,62}";
const PACKED = "pack/(?:pack|multi-pack-index)[\\w-]*(?:\\.(?:pack|idx|rev|bitmap|mtimes))?";
const GRAPH = "info/commit-graphs?(?:/[\\w-]+\\.graph)?";
/** Of Git LFS. */
const LARGE = "[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}";
const CONSTANT = new RegExp(`/objects/(${LOOSE}|${PACKED}|${GRAPH}|${LARGE})$`);

/** What names a file that git never writes in place: other content has another name, or at least another inode. */
export function constantName(path: ByteName): ByteName | undefined {
  return CONSTANT.exec(path)?.[1];
}

/** Milliseconds by which a file system's clock may lag behind. */
const LAG = 2000;

/** Is a constant file still what it was at a time (milliseconds)? Only what was written since is read. */
export async function isIntact(path: string, name: ByteName, at: number, signal: AbortSignal): Promise<boolean> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true) return false;
  if (stats.mtimeMs < at - LAG) return true;
  const hex = name.replaceAll("/", "");
  if (new RegExp(`^${LOOSE}$`).test(name)) {
    const algorithm = hex.length === 40 ? "sha1" : "sha256";
    return (await digest(path, { algorithm, content: "deflated" }, signal)) === hex;
  }
  if (new RegExp(`^${LARGE}$`).test(name)) {
    return (await digest(path, { algorithm: "sha256" }, signal)) === name.split("/").at(-1);
  }
  for (const [algorithm, length] of [["sha1", 20] as const, ["sha256", 32] as const]) {
    const end = stats.size - length;
    if (end <= 0) continue;
    const trailer = await bytesFrom(path, end);
    if ((await digest(path, { algorithm, end }, signal)) === trailer.toString("hex")) return true;
  }
  return false;
}

type Digested = {
  readonly algorithm: "sha1" | "sha256";
  readonly content?: "deflated";
  /** How many bytes count. */
  readonly end?: number;
};

/** `undefined`: it cannot be read, or is not what it should be. */
async function digest(path: string, how: Digested, signal: AbortSignal): Promise<string | undefined> {
  const hash = createHash(how.algorithm);
  const source = createReadStream(path, how.end === undefined ? {} : { end: how.end - 1 });
  const take = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) hash.update(chunk);
  };
  try {
    if (how.content === undefined) await pipeline(source, take, { signal });
    else await pipeline(source, createInflate(), take, { signal });
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
  return hash.digest("hex");
}

async function bytesFrom(path: string, start: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
