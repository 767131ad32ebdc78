import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Folder } from "./folder-state.js";
import { GitKeeper } from "./git-keeper.js";
import type { RootState } from "./journal.js";
import { readKnown, writeKnown } from "./known.js";
import { ObjectStore } from "./object-store.js";
import { gitIdentity } from "./own-git.js";
import type { Limits } from "./limits.js";
import type { ScanParts } from "./scan.js";
import { scanRoot } from "./scan.js";
import type { ByteName } from "./tree.js";
import { TEMPORARY } from "./tree.js";

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

/** What is remembered of the last look, in the folder of a store. */
export const [STATE, GIT_STATE] = ["state.json", "git.json"] as const;

/** One root: its objects, and what is known of its files from the last look. */
export class RootStore {
  readonly root: ByteName;
  readonly objects: ObjectStore;
  readonly git: GitKeeper;
  readonly #parts: ScanParts;
  /** Which `.git` the last look has seen. */
  #git: string | undefined;
  #known: Folder | undefined;
  #saved: Folder | undefined;

  constructor(home: string, root: ByteName, parts: CoveredParts) {
    this.root = root;
    this.objects = new ObjectStore(storeFolder(home, root));
    const { skipped, secrets, limits } = parts;
    const own = `${root}/.git`;
    this.#parts = {
      store: this.objects,
      secrets,
      limits,
      // what a restore that was cut short has left begins so
      leavesOut: (path, name) => path === own || name.startsWith(TEMPORARY) || skipped.has(path),
    };
    this.git = new GitKeeper(root, join(this.objects.folder, GIT_STATE), { store: this.objects, secrets });
    this.#known = readKnown(this.#statePath);
    this.#saved = this.#known;
  }

  get #statePath(): string {
    return join(this.objects.folder, STATE);
  }

  /** As the last look has found it. */
  get known(): Folder | undefined {
    return this.#known;
  }

  async look(signal: AbortSignal): Promise<RootState> {
    const found = await scanRoot(this.root, this.#known, this.#parts, signal);
    this.#known = found?.folder;
    const tree = found === undefined ? undefined : { mode: found.folder.mode, id: found.folder.id };
    const git = gitIdentity(this.root);
    if (git !== this.#git) this.objects.linked.countAgain();
    this.#git = git;
    return { root: this.root, tree, linked: found?.linked ?? [], ...(git === undefined ? {} : { git }) };
  }

  save(): void {
    this.git.save();
    if (this.#known === undefined || this.#known === this.#saved) return;
    writeKnown(this.#statePath, this.#known);
    this.#saved = this.#known;
  }
}
