import { messageOf } from "@codex/common";
import type { Folder } from "./folder-state.js";
import { findState, Leaf } from "./folder-state.js";
import { constantName, GIT_LIMITS, isPassing } from "./git-files.js";
import type { RootState } from "./journal.js";
import type { ObjectStore } from "./object-store.js";
import { readKnown, writeKnown } from "./known.js";
import { gitIdentity } from "./own-git.js";
import type { ScanParts } from "./scan.js";
import { scanRoot } from "./scan.js";
import type { ByteName } from "./tree.js";

/** Looks at a repository that changes meanwhile, before the last one has to do. */
const LOOKS = 5;

export type GitKept = Pick<RootState, "kept" | "unkept">;

/**
 * Keeps a root's own `.git`, file or folder, without writing to it: objects, which never change, by a link, the rest by
 * content. A tree of it is named only once all that it needs is there.
 */
export class GitKeeper {
  readonly #root: ByteName;
  readonly #parts: ScanParts;
  /** Absolute. */
  readonly #path: string;
  #known: Folder | undefined;
  #saved: Folder | undefined;
  #is_read = false;
  /** Why it is not tried again. */
  #refusal: string | undefined;

  /** `path`: where to remember what was seen. */
  constructor(root: ByteName, path: string, parts: { store: ObjectStore; secrets: ReadonlySet<ByteName> }) {
    this.#root = root;
    this.#path = path;
    const own = `${root}/.git`;
    this.#parts = {
      ...parts,
      limits: GIT_LIMITS,
      constantName,
      leavesOut: (at) => (at !== own && !at.startsWith(`${own}/`)) || isPassing(at),
    };
  }

  /** As the last look has found it. */
  get known(): Folder | undefined {
    if (!this.#is_read) this.#known = this.#saved = readKnown(this.#path);
    this.#is_read = true;
    return this.#known;
  }

  async keep(signal: AbortSignal): Promise<GitKept> {
    if (gitIdentity(this.#root) === undefined) return {};
    try {
      if (this.#refusal === undefined) await this.#look(signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#refusal = messageOf(error);
    }
    if (this.#refusal !== undefined) return { unkept: this.#refusal };
    const own = findState(this.#known, ".git");
    if (own === undefined || this.#known === undefined) return {};
    if (own instanceof Leaf && own.reason !== undefined) return { unkept: own.reason };
    return { kept: { mode: this.#known.mode, id: this.#known.id } };
  }

  /** Until two looks find the same: then no reference was read before what it names was written. */
  async #look(signal: AbortSignal): Promise<void> {
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const before = this.known;
      this.#known = (await scanRoot(this.#root, before, this.#parts, signal))?.folder;
      if (this.#known === undefined || this.#known.id === before?.id) return;
      if (this.#known.files < (before?.files ?? 0)) this.#parts.store.linked.countAgain();
      if (isTooMuch(this.#known, "")) {
        this.#refusal = `more than ${GIT_LIMITS.new_bytes >> 20} MiB of it cannot be linked into $CODEX_HOME`;
        return;
      }
    }
  }

  save(): void {
    if (this.#known === undefined || this.#known === this.#saved) return;
    writeKnown(this.#path, this.#known);
    this.#saved = this.#known;
  }
}

/** Does something lack that a repository does not work without? */
function isTooMuch(state: Folder | Leaf, path: ByteName): boolean {
  if (state instanceof Leaf) {
    return state.reason === "too much at once" || (state.reason === "too large" && constantName(path) !== undefined);
  }
  for (const [name, inner] of state.entries) if (isTooMuch(inner, `${path}/${name}`)) return true;
  return false;
}
