import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Folder } from "./folder-state.js";
import { freeze, thaw } from "./folder-state.js";
import type { RootState } from "./journal.js";
import { ObjectStore } from "./object-store.js";
import { gitIdentity } from "./own-git.js";
import type { Limits } from "./scan.js";
import { scanRoot } from "./scan.js";
import type { ByteName } from "./tree.js";

export type CoveredParts = {
  readonly skipped: ReadonlySet<ByteName>;
  readonly secrets: ReadonlySet<ByteName>;
  readonly limits: Limits;
};

/** Where the objects of one root are. */
export function storeFolder(home: string, root: ByteName): string {
  const key = createHash("sha1").update(root, "latin1").digest("hex").slice(0, 20);
  return join(home, "snapshots", "stores", key);
}

/** One root: its objects, and what is known of its files from the last look. */
export class RootStore {
  readonly root: ByteName;
  readonly objects: ObjectStore;
  readonly #parts: CoveredParts;
  #known: Folder | undefined;
  #saved: Folder | undefined;

  constructor(home: string, root: ByteName, parts: CoveredParts) {
    this.root = root;
    this.#parts = parts;
    this.objects = new ObjectStore(storeFolder(home, root));
    this.#known = readKnown(this.#statePath);
    this.#saved = this.#known;
  }

  get #statePath(): string {
    return join(this.objects.folder, "state.json");
  }

  /** As the last look has found it. */
  get known(): Folder | undefined {
    return this.#known;
  }

  async look(signal: AbortSignal): Promise<RootState> {
    const found = await scanRoot(this.root, this.#known, { ...this.#parts, store: this.objects }, signal);
    this.#known = found?.folder;
    const tree = found === undefined ? undefined : { mode: found.folder.mode, id: found.folder.id };
    const git = gitIdentity(this.root);
    return { root: this.root, tree, linked: found?.linked ?? [], ...(git === undefined ? {} : { git }) };
  }

  /** For the next session, which then only reads what is new. */
  save(): void {
    if (this.#known === undefined || this.#known === this.#saved) return;
    const beside = `${this.#statePath}.${process.pid}.new`;
    writeFileSync(beside, JSON.stringify(freeze(this.#known)), { mode: 0o600 });
    renameSync(beside, this.#statePath);
    this.#saved = this.#known;
  }
}

export function readKnown(path: string): Folder | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return thaw(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    // torn: everything is read again
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
