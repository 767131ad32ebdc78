import { dirname } from "node:path";
import type { PatchFiles } from "../src/index.js";

const encoder = new TextEncoder();

export type Fault = {
  readonly verb: "read" | "write" | "remove" | "rename" | "mkdir" | "rmdir" | "stat";
  readonly path: string;
  /** A failing write leaves this behind. */
  readonly torn?: string;
  /** Times it fails; for ever when absent. */
  readonly times?: number;
};

export type MemoryFiles = PatchFiles & {
  /** Text by path; directories are not shown. */
  snapshot(): Record<string, string>;
  directories(): readonly string[];
  put(path: string, content: string | Uint8Array): void;
  readonly writes: string[];
};

/** Files in memory, able to fail where a test says so. */
export function memoryFiles(start: Record<string, string | Uint8Array>, faults: readonly Fault[] = []): MemoryFiles {
  const files = new Map<string, Uint8Array>();
  const directories = new Set<string>(["/"]);
  const writes: string[] = [];
  const left = new Map(faults.map((fault) => [fault, fault.times ?? Infinity]));

  function fail(verb: Fault["verb"], path: string): void {
    const fault = faults.find((each) => each.verb === verb && path.startsWith(each.path) && (left.get(each) ?? 0) > 0);
    if (fault === undefined) return;
    left.set(fault, (left.get(fault) ?? 0) - 1);
    if (fault.torn !== undefined) files.set(path, encoder.encode(fault.torn));
    throw new Error(`no ${verb} today`);
  }
  function addParents(path: string): void {
    for (let at = path; !directories.has(at); at = dirname(at)) directories.add(at);
  }
  function put(path: string, content: string | Uint8Array): void {
    addParents(dirname(path));
    files.set(path, typeof content === "string" ? encoder.encode(content) : content);
  }
  for (const [path, content] of Object.entries(start)) put(path, content);

  return {
    put,
    writes,
    snapshot: () =>
      Object.fromEntries(
        [...files].sort().map(([path, data]) => [path, new TextDecoder("utf-8", { ignoreBOM: true }).decode(data)]),
      ),
    directories: () => [...directories].sort(),
    async read(path, limit, signal) {
      signal.throwIfAborted();
      fail("read", path);
      if (directories.has(path)) throw new Error("a directory");
      const data = files.get(path);
      if (data !== undefined && data.length > limit) throw new Error("too long");
      return data;
    },
    async stat(path, signal) {
      signal.throwIfAborted();
      fail("stat", path);
      if (files.has(path)) return { type: "file" };
      return directories.has(path) ? { type: "directory" } : undefined;
    },
    async write(path, data, signal) {
      signal.throwIfAborted();
      writes.push(path);
      fail("write", path);
      if (!directories.has(dirname(path)) || directories.has(path)) throw new Error("no such directory");
      files.set(path, data);
    },
    async remove(path, signal) {
      signal.throwIfAborted();
      fail("remove", path);
      if (!files.delete(path)) throw new Error("nothing to remove");
    },
    async rename(from, to, signal) {
      signal.throwIfAborted();
      fail("rename", from);
      const data = files.get(from);
      if (data === undefined) throw new Error("nothing to rename");
      files.delete(from);
      files.set(to, data);
    },
    async mkdir(path, signal) {
      signal.throwIfAborted();
      fail("mkdir", path);
      addParents(path);
    },
    async rmdir(path, signal) {
      signal.throwIfAborted();
      fail("rmdir", path);
      directories.delete(path);
    },
  };
}

/** A patch from its inner lines. */
export function patchOf(...lines: readonly string[]): string {
  return ["*** Begin Patch", ...lines, "*** End Patch"].join("\n");
}

export const noAbort = new AbortController().signal;
