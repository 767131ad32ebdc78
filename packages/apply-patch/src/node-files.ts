import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { PatchFiles } from "./apply.js";
import { PatchError } from "./errors.js";
import type { FileStat } from "./plan.js";

/**
 * This machine's files. A file with one name is replaced by renaming a finished copy over it, so that a reader sees
 * the old or the new content; one with several names, or one that cannot be replaced, is rewritten in place, while a
 * copy of its old content lies beside it.
 */
export function nodeFiles(): PatchFiles {
  return {
    read: readFile,
    write: writeFile,
    stat: statFile,
    async remove(path) {
      await fs.unlink(path);
    },
    async rename(from, to) {
      await fs.rename(from, to);
    },
    async mkdir(path) {
      await fs.mkdir(path, { recursive: true });
    },
    async rmdir(path) {
      await fs.rmdir(path);
    },
  };
}

async function readFile(path: string, limit: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const handle = await unlessMissing(fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new PatchError("file_error", "not a regular file", { path });
    if (stats.size > limit) throw new PatchError("file_error", `longer than ${limit} bytes`, { path });
    return await handle.readFile({ signal });
  } finally {
    await handle.close();
  }
}

async function statFile(path: string): Promise<FileStat | undefined> {
  const stats = await unlessMissing(fs.lstat(path));
  if (stats === undefined) return undefined;
  if (stats.isFile()) return { type: "file" };
  if (stats.isDirectory()) return { type: "directory" };
  return { type: stats.isSymbolicLink() ? "symlink" : "other" };
}

async function writeFile(path: string, data: Uint8Array, signal: AbortSignal): Promise<void> {
  const link = await unlessMissing(fs.lstat(path));
  const target = link?.isSymbolicLink() === true ? await fs.realpath(path) : path;
  const stats = link === undefined ? undefined : await fs.lstat(target);
  if (stats !== undefined && !stats.isFile()) throw new PatchError("file_error", "not a regular file", { path });
  if (stats !== undefined && stats.nlink > 1) return writeInPlace(target, data, signal);
  if (!(await replace(target, data, { stats, signal }))) await writeInPlace(target, data, signal);
}

/** `false` when the directory or the owner does not allow a replacement that looks like the original. */
async function replace(
  path: string,
  data: Uint8Array,
  { stats, signal }: { stats: Stats | undefined; signal: AbortSignal },
): Promise<boolean> {
  const copy = besideName(path, "new");
  try {
    await fs.writeFile(copy, data, { flag: "wx", signal });
    if (stats !== undefined) {
      await fs.chown(copy, stats.uid, stats.gid);
      await fs.chmod(copy, stats.mode & 0o7777);
    }
    await fs.rename(copy, path);
    return true;
  } catch (error) {
    await fs.rm(copy, { force: true });
    if (stats !== undefined && ["EACCES", "EPERM", "EBUSY"].includes(codeOf(error) ?? "")) return false;
    throw error;
  }
}

async function writeInPlace(path: string, data: Uint8Array, signal: AbortSignal): Promise<void> {
  const copy = besideName(path, "old");
  const old = await fs.readFile(path, { signal });
  const copied = await fs.writeFile(copy, old, { flag: "wx", mode: 0o600, signal }).then(
    () => true,
    () => false,
  );
  signal.throwIfAborted();
  try {
    await fs.writeFile(path, data, { flag: "r+" });
    await fs.truncate(path, data.length);
  } catch (error) {
    await fs.writeFile(path, old, { flag: "r+" });
    await fs.truncate(path, old.length);
    if (copied) await fs.rm(copy, { force: true });
    throw error;
  }
  if (copied) await fs.rm(copy, { force: true });
}

function besideName(path: string, role: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 100)}.${randomBytes(6).toString("hex")}.${role}`);
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
