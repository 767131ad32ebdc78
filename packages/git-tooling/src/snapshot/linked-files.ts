import { linkSync, lstatSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "@codex/common";
import { namesIn } from "./look.js";
import type { ByteName } from "./tree.js";
import { bytesOf } from "./tree.js";

/** The file system or its owner does not let a file have a second name here. */
const REFUSED: readonly string[] = ["EXDEV", "EPERM", "EMLINK", "EACCES", "ENOTSUP", "ENOSYS"];

/** Second names of files that never change. They cost nothing while the first ones stand. */
export class LinkedFiles {
  /** Absolute. */
  readonly #folder: string;
  readonly #made = new Set<string>();
  readonly #prefixes = new Set<string>();
  #bytes: number | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  path(id: string): string {
    return join(this.#folder, id.slice(0, 2), id.slice(2));
  }

  /** `undefined`: there is none. */
  find(id: string): string | undefined {
    const path = this.path(id);
    return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : undefined;
  }

  /** False: it cannot be linked. Throws ENOENT when there is no such file any more. */
  add(id: string, path: ByteName): boolean {
    const prefix = id.slice(0, 2);
    try {
      if (!this.#prefixes.has(prefix)) mkdirSync(join(this.#folder, prefix), { recursive: true, mode: 0o700 });
      this.#prefixes.add(prefix);
      linkSync(bytesOf(path), this.path(id));
      this.#made.add(id);
    } catch (error) {
      const code = codeOf(error);
      if (code !== undefined && REFUSED.includes(code)) return false;
      if (code !== "EEXIST") throw error;
    }
    return true;
  }

  /** Bytes that nobody else holds: their first names are gone. */
  get bytes(): number {
    this.#bytes ??= this.#count();
    return this.#bytes;
  }

  /** First names have gone. */
  countAgain(): void {
    this.#bytes = undefined;
  }

  #count(): number {
    let sum = 0;
    for (const { path } of this.#all()) {
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats?.nlink === 1) sum += stats.size;
    }
    return sum;
  }

  /** As `ObjectStore.prune`; the age of a link is when its file got or lost a name. */
  prune(live: ReadonlySet<string>, older_than: number): void {
    this.countAgain();
    for (const { id, path } of this.#all()) {
      if (live.has(id)) continue;
      const isOld = (lstatSync(path, { throwIfNoEntry: false })?.ctimeMs ?? Infinity) < older_than;
      if (isOld || this.#made.delete(id)) rmSync(path, { force: true });
    }
  }

  *#all(): Generator<{ readonly id: string; readonly path: string }> {
    for (const prefix of namesIn(this.#folder)) {
      for (const rest of namesIn(join(this.#folder, prefix))) {
        yield { id: `${prefix}${rest}`, path: join(this.#folder, prefix, rest) };
      }
    }
  }
}
