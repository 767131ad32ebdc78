import { createHash } from "node:crypto";

/**
 * Names and paths are latin1 strings throughout the snapshots: one character is one byte, so names that are no UTF-8
 * survive. `displayPath` and `bytesOf` lead out of it.
 */
export type ByteName = string;

/** An entry of a tree. `mode` is the whole st_mode of git's format: type and all permission bits. */
export type Entry = { readonly mode: number; readonly id: string };

export const TYPE = { mask: 0o170000, directory: 0o040000, file: 0o100000, symlink: 0o120000 } as const;

/** Stands for what is there and not held: git's mode for a commit elsewhere, which no tool follows. */
export const NOT_COVERED = 0o160000;

/** How files begin that a restore writes before they take their place. */
export const TEMPORARY = ".codex-undo-";

export function typeOf({ mode }: Entry): "directory" | "file" | "symlink" | "not_covered" {
  const type = mode & TYPE.mask;
  if (type === TYPE.directory) return "directory";
  if (type === TYPE.file) return "file";
  return type === TYPE.symlink ? "symlink" : "not_covered";
}

export function objectId(type: "blob" | "tree", data: Uint8Array): string {
  return createHash("sha1").update(`${type} ${data.length}\0`).update(data).digest("hex");
}

/** In git's own format, but with every permission bit. */
export function encodeTree(entries: Iterable<readonly [ByteName, Entry]>): Buffer {
  const sorted = [...entries].sort(([left, a], [right, b]) => (sortKey(left, a) < sortKey(right, b) ? -1 : 1));
  const parts = sorted.flatMap(([name, { mode, id }]) => [
    Buffer.from(`${mode.toString(8)} ${name}\0`, "latin1"),
    Buffer.from(id, "hex"),
  ]);
  return Buffer.concat(parts);
}

function sortKey(name: ByteName, entry: Entry): string {
  return typeOf(entry) === "directory" ? `${name}/` : name;
}

export function decodeTree(data: Buffer): Map<ByteName, Entry> {
  const entries = new Map<ByteName, Entry>();
  for (let at = 0; at < data.length;) {
    const blank = data.indexOf(0x20, at);
    const end = data.indexOf(0, blank);
    const name = data.toString("latin1", blank + 1, end);
    const mode = Number.parseInt(data.toString("latin1", at, blank), 8);
    entries.set(name, { mode, id: data.toString("hex", end + 1, end + 21) });
    at = end + 21;
  }
  return entries;
}

export function byteName(text: string): ByteName {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** As the file system takes it: text where that says the same, which is faster. */
export function bytesOf(path: ByteName): string | Buffer {
  return isAscii(path) ? path : Buffer.from(path, "latin1");
}

export function displayPath(path: ByteName): string {
  return isAscii(path) ? path : Buffer.from(path, "latin1").toString("utf8");
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
