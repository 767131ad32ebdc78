import { CodexError } from "@codex/common";
import type { FileEntry, Files } from "@codex/protocol";
import { posix } from "node:path";

/** The content that all fake places share. Directories are known by what lies in them, or were made. */
export type FakeDisk = {
  readonly contents: Map<string, Uint8Array>;
  readonly folders: Set<string>;
};

export function fakeDisk(files: Readonly<Record<string, string>>): FakeDisk {
  const disk: FakeDisk = { contents: new Map(), folders: new Set(["/"]) };
  for (const [path, text] of Object.entries(files)) {
    makeFolders(disk, posix.dirname(path));
    disk.contents.set(path, Buffer.from(text));
  }
  return disk;
}

/** Files in memory. `mayWrite` is the fake sandbox's opinion. */
export function fakeFiles(disk: FakeDisk, mayWrite: (path: string) => boolean): Files {
  const { contents, folders } = disk;
  const writable = (path: string): void => {
    if (!mayWrite(path)) throw new CodexError("file_error", `${path}: read-only file system`);
  };
  const existing = (path: string): Uint8Array => {
    const data = contents.get(path);
    if (data === undefined) throw new CodexError("file_error", `${path}: no such file`);
    return data;
  };
  return {
    read: async (path, limit) => {
      const data = contents.get(path);
      if (data === undefined && folders.has(path)) throw new CodexError("file_error", `${path}: is a directory`);
      if (data !== undefined && data.length > limit) throw new CodexError("file_error", `${path}: over ${limit} bytes`);
      return data;
    },
    write: async (path, data) => {
      writable(path);
      if (!folders.has(posix.dirname(path))) throw new CodexError("file_error", `${path}: no such directory`);
      contents.set(path, data);
    },
    remove: async (path) => {
      writable(path);
      existing(path);
      contents.delete(path);
    },
    rename: async (from, to) => {
      writable(from);
      writable(to);
      contents.set(to, existing(from));
      contents.delete(from);
    },
    mkdir: async (path) => {
      writable(path);
      makeFolders(disk, path);
    },
    list: async (path) => {
      if (!folders.has(path)) throw new CodexError("file_error", `${path}: no such directory`);
      const inside = [...contents.keys(), ...folders].filter((entry) => entry !== "/" && posix.dirname(entry) === path);
      return inside.sort().flatMap((entry) => entryAt(disk, entry) ?? []);
    },
    stat: async (path) => entryAt(disk, path),
  };
}

function entryAt({ contents, folders }: FakeDisk, path: string): FileEntry | undefined {
  const name = posix.basename(path);
  const data = contents.get(path);
  if (data !== undefined) return { name, type: "file", size: data.length, mode: 0o644 };
  return folders.has(path) ? { name, type: "directory", size: 0, mode: 0o755 } : undefined;
}

function makeFolders({ folders }: FakeDisk, path: string): void {
  for (let folder = path; !folders.has(folder); folder = posix.dirname(folder)) folders.add(folder);
}
