import { resolve } from "node:path";
import { PatchError } from "./errors.js";
import type { Hunk, Patch } from "./patch.js";
import { rewriteText } from "./rewrite.js";

/** Longest file that is read, in bytes. */
export const READ_LIMIT = 256 * 1024 * 1024;

/** What planning asks of the place where the files are. Paths are absolute; any error means "cannot". */
export interface PatchReader {
  /** `undefined` when there is no such file. Follows symlinks. Longer than `limit` bytes is an error. */
  read(path: string, limit: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Does not follow a final symlink. `undefined` when there is nothing. */
  stat(path: string, signal: AbortSignal): Promise<FileStat | undefined>;
}

export type FileStat = { readonly type: "file" | "directory" | "symlink" | "other" };

export type PlanOptions = {
  /** Absolute; what relative paths of the patch start from. */
  readonly cwd: string;
  /** `keep` (default): a file without a last line ending gets one only when its last line is changed. */
  readonly finalNewline?: "keep" | "always";
};

/** Every change of one patch, in order, computed and not yet made. */
export type Plan = { readonly changes: readonly Change[] };

/** A file as it was when the plan was made. */
export type FileBefore = {
  /** Absolute, joined lexically. */
  readonly path: string;
  /** As spelled in the patch. */
  readonly name: string;
  /** `undefined`: there was nothing, or a symlink that is only removed. */
  readonly oldBytes: Uint8Array | undefined;
  /** `oldBytes` as text; `undefined` when there was nothing or it is not UTF-8. */
  readonly oldContent: string | undefined;
};

/** `hunk` is the index of the hunk in the patch. */
export type Change =
  | (FileBefore & { readonly kind: "add"; readonly hunk: number; readonly newContent: string })
  | (FileBefore & { readonly kind: "delete"; readonly hunk: number })
  | (Edited & { readonly kind: "update"; readonly hunk: number })
  | (Edited & { readonly kind: "move"; readonly hunk: number; readonly destination: FileBefore });

type Edited = FileBefore & {
  readonly oldBytes: Uint8Array;
  readonly oldContent: string;
  readonly newContent: string;
};

/**
 * Computes what a patch does to the files it names. Writes nothing. Hunks see the result of those before them. Throws
 * `PatchError` for a patch that cannot be applied whole; the signal's reason when aborted.
 */
export async function planPatch(
  patch: Patch,
  reader: PatchReader,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<Plan> {
  if (patch.hunks.length === 0) throw new PatchError("no_changes", "No files were modified.");
  const planner = new Planner(reader, options, signal);
  const changes: Change[] = [];
  for (const [index, hunk] of patch.hunks.entries()) changes.push(await planner.plan(hunk, index));
  return { changes };
}

class Planner {
  private readonly reader: PatchReader;
  private readonly options: PlanOptions;
  private readonly signal: AbortSignal;
  /** Contents after the hunks planned so far; `undefined`: gone. */
  private readonly after = new Map<string, string | undefined>();
  private readonly sources = new Set<string>();

  constructor(reader: PatchReader, options: PlanOptions, signal: AbortSignal) {
    this.reader = reader;
    this.options = options;
    this.signal = signal;
  }

  async plan(hunk: Hunk, index: number): Promise<Change> {
    const target: Target = { name: hunk.path, path: this.resolve(hunk.path, hunk, index), hunk, index };
    this.claimSource(target);
    switch (hunk.type) {
      case "add":
        return this.planAdd(target, hunk.lines);
      case "delete":
        return this.planDelete(target);
      case "update":
        return this.planUpdate(target, hunk);
      default:
        return hunk satisfies never;
    }
  }

  private async planAdd(target: Target, lines: readonly string[]): Promise<Change> {
    const doing = "Failed to write file";
    const before = await this.before(target, doing);
    if (before.oldBytes === undefined && (await this.typeOf(target, doing)) !== undefined) {
      throw fileError(target, doing, "a symbolic link to nothing");
    }
    const newContent = lines.map((line) => `${line}\n`).join("");
    this.after.set(target.path, newContent);
    return { kind: "add", hunk: target.index, ...before, newContent };
  }

  private async planDelete(target: Target): Promise<Change> {
    const doing = "Failed to delete file";
    const type = await this.typeOf(target, doing);
    if (type === undefined) throw fileError(target, doing, "no such file");
    if (type !== "file" && type !== "symlink") throw fileError(target, doing, "not a file");
    const before = type === "symlink" ? nothingAt(target) : await this.before(target, doing);
    this.after.set(target.path, undefined);
    return { kind: "delete", hunk: target.index, ...before };
  }

  private async planUpdate(target: Target, hunk: UpdateHunk): Promise<Change> {
    const doing = "Failed to read file to update";
    const before = await this.before(target, doing);
    const { oldBytes, oldContent } = before;
    if (oldBytes === undefined) throw fileError(target, doing, "no such file");
    if (oldContent === undefined) {
      const reason = `${doing} ${target.path}: not UTF-8 text`;
      throw new PatchError("not_utf8", reason, placeOf(target));
    }
    const newContent = rewriteText(oldContent, hunk.chunks, {
      path: target.path,
      hunk: target.index,
      finalNewline: this.options.finalNewline ?? "keep",
    });
    const edited = { hunk: target.index, ...before, oldBytes, oldContent, newContent };
    const destination = this.destinationOf(target, hunk);
    if (destination === undefined) {
      this.after.set(target.path, newContent);
      return { kind: "update", ...edited };
    }
    const replaced = await this.planDestination(destination);
    this.after.set(target.path, undefined);
    this.after.set(destination.path, newContent);
    return { kind: "move", ...edited, destination: replaced };
  }

  /** A move onto itself is an update. */
  private destinationOf(target: Target, hunk: UpdateHunk): Target | undefined {
    if (hunk.moveTo === undefined) return undefined;
    const path = this.resolve(hunk.moveTo, hunk, target.index);
    return path === target.path ? undefined : { ...target, path, name: hunk.moveTo };
  }

  private async planDestination(destination: Target): Promise<FileBefore> {
    // Over a file that an earlier hunk wrote, its work would be lost without a word.
    if (this.after.get(destination.path) !== undefined) throw duplicateTarget(destination);
    const doing = "Failed to write file";
    const type = await this.typeOf(destination, doing);
    if (type === "directory" || type === "other") throw fileError(destination, doing, "not a file");
    return type === "file" ? this.before(destination, doing) : nothingAt(destination);
  }

  private claimSource(target: Target): void {
    const written = this.after.get(target.path) !== undefined;
    if (written || this.sources.has(target.path)) throw duplicateTarget(target);
    this.sources.add(target.path);
  }

  private resolve(name: string, hunk: Hunk, index: number): string {
    if (name.includes("\0")) {
      throw new PatchError("invalid_patch", "a path holds a NUL character", { line: hunk.line, hunk: index });
    }
    return resolve(this.options.cwd, name);
  }

  private async before(target: Target, doing: string): Promise<FileBefore> {
    if (this.after.has(target.path)) return nothingAt(target);
    const { path, name } = target;
    const read = () => this.reader.read(path, READ_LIMIT, this.signal);
    const oldBytes = await this.attempt(target, doing, read);
    return { path, name, oldBytes, oldContent: oldBytes === undefined ? undefined : decodeText(oldBytes) };
  }

  private async typeOf(target: Target, doing: string): Promise<FileStat["type"] | undefined> {
    if (this.after.has(target.path)) return undefined;
    const stat = await this.attempt(target, doing, () => this.reader.stat(target.path, this.signal));
    return stat?.type;
  }

  private async attempt<T>(target: Target, doing: string, work: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    try {
      return await work();
    } catch (cause) {
      this.signal.throwIfAborted();
      throw fileError(target, doing, cause instanceof Error ? cause.message : String(cause), cause);
    }
  }
}

type UpdateHunk = Extract<Hunk, { type: "update" }>;
type Target = { readonly path: string; readonly name: string; readonly hunk: Hunk; readonly index: number };

function nothingAt(target: Target): FileBefore {
  return { path: target.path, name: target.name, oldBytes: undefined, oldContent: undefined };
}

function placeOf(target: Target): { hunk: number; line: number; path: string } {
  return { hunk: target.index, line: target.hunk.line, path: target.path };
}

function fileError(target: Target, doing: string, why: string, cause?: unknown): PatchError {
  return new PatchError("file_error", `${doing} ${target.path}: ${why}`, { ...placeOf(target), cause });
}

function duplicateTarget(target: Target): PatchError {
  return new PatchError("duplicate_target", `multiple operations target ${target.path}`, placeOf(target));
}

/** A byte order mark stays part of the text, so that encoding gives the same bytes. */
function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
