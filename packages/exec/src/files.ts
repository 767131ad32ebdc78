import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, realpath, rename, rm, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CodexError, codeOf, messageOf } from "@codex/common";
import type { Stats } from "node:fs";
import type { FileEntry, Files } from "@codex/protocol";

/** File operations of this process, as the user. What already stands keeps mode, owner, links (house.md §11). */
export const directFiles: Files = {
  read: (path, limit, signal) => attempt(path, signal, () => read(path, limit)),
  write: (path, data, signal) => attempt(path, signal, () => write(path, data)),
  remove: (path, signal) => attempt(path, signal, () => unlink(path)),
  rename: (from, to, signal) => attempt(from, signal, () => rename(from, to)),
  mkdir: (path, signal) => attempt(path, signal, async () => void (await mkdir(path, { recursive: true }))),
  list: (path, signal) => attempt(path, signal, () => list(path)),
  stat: (path, signal) => attempt(path, signal, () => entryOf(path)),
};

async function attempt<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    throw fileError(error, path);
  }
}

function fileError(error: unknown, path: string): CodexError<"file_error"> {
  const errno = codeOf(error);
  const reason = errno === undefined ? messageOf(error) : (REASONS[errno] ?? "the operation failed");
  return new CodexError("file_error", `${path}: ${reason}${errno === undefined ? "" : ` (${errno})`}`, {
    cause: error,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "there is something with that name",
  EFBIG: "the file is too large",
  EINVAL: "not a regular file",
  EISDIR: "is a directory",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left",
  ENOTDIR: "a parent is not a directory",
  ENOTEMPTY: "the directory is not empty",
  EPERM: "not permitted",
  EROFS: "read-only file system",
};

function refusal(errno: "EFBIG" | "EINVAL" | "EISDIR"): Error & { readonly code: string } {
  return Object.assign(new Error(errno), { code: errno });
}

async function present<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const errno = codeOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw error;
  }
}

async function read(path: string, limit: number): Promise<Uint8Array | undefined> {
  // without O_NONBLOCK a FIFO would block for ever
  const file = await present(open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (file === undefined) return undefined;
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw refusal("EISDIR");
    if (!found.isFile()) throw refusal("EINVAL");
    const buffer = Buffer.alloc(Math.min(Math.max(found.size, 4096), limit) + 1);
    const parts: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return Buffer.concat(parts);
      total += bytesRead;
      if (total > limit) throw refusal("EFBIG");
      parts.push(new Uint8Array(buffer.subarray(0, bytesRead)));
    }
  } finally {
    await file.close();
  }
}

async function write(path: string, data: Uint8Array): Promise<void> {
  const found = await present(stat(path));
  if (found === undefined) return create(path, data);
  if (found.isDirectory()) throw refusal("EISDIR");
  if (!found.isFile()) throw refusal("EINVAL");
  const target = await realpath(path);
  if (found.nlink > 1) return overwrite(target, data);
  const file = await open(target, "r+");
  await file.close();
  if (!(await replace(target, found, data))) await overwrite(target, data);
}

/** Nothing is left of a file that could not be written whole. Follows a symlink that points to nothing yet. */
async function create(path: string, data: Uint8Array): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC);
  try {
    await file.writeFile(data);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Writes beside it and renames into place. False when the place or the owner does not allow that. */
async function replace(target: string, found: Stats, data: Uint8Array): Promise<boolean> {
  const beside = besideOf(target);
  const file = await open(beside, "wx", 0o600).catch(() => undefined);
  if (file === undefined) return false;
  let done = false;
  try {
    await file.writeFile(data);
    const made = await file.stat();
    if (made.uid !== found.uid || made.gid !== found.gid) {
      const given = await file.chown(found.uid, found.gid).then(
        () => true,
        () => false,
      );
      if (!given) return false;
    }
    await file.chmod(found.mode & 0o7777);
    await rename(beside, target);
    done = true;
    return true;
  } finally {
    await file.close();
    if (!done) await rm(beside, { force: true });
  }
}

/** In place, since other names share the file; the old content comes back when writing fails. */
async function overwrite(target: string, data: Uint8Array): Promise<void> {
  const file = await open(target, "r+");
  try {
    const before = await file.readFile();
    const put = async (content: Uint8Array): Promise<void> => {
      for (let at = 0; at < content.length;)
        at += (await file.write(content, at, content.length - at, at)).bytesWritten;
      await file.truncate(content.length);
    };
    try {
      await put(data);
    } catch (error) {
      await put(before);
      throw error;
    }
  } finally {
    await file.close();
  }
}

function besideOf(target: string): string {
  return join(dirname(target), `.${basename(target).slice(0, 100)}.${randomBytes(6).toString("hex")}.codex`);
}

async function list(path: string): Promise<readonly FileEntry[]> {
  const names = (await readdir(path)).sort((left, right) => (left < right ? -1 : 1));
  const entries = await Promise.all(names.map((name) => entryOf(join(path, name))));
  return entries.filter((entry) => entry !== undefined);
}

async function entryOf(path: string): Promise<FileEntry | undefined> {
  const found = await present(lstat(path));
  if (found === undefined) return undefined;
  return { name: basename(path), type: typeOf(found), size: found.size, mode: found.mode & 0o7777 };
}

function typeOf(found: Stats): FileEntry["type"] {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "directory";
  return found.isSymbolicLink() ? "symlink" : "other";
}
