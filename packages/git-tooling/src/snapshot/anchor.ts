import { closeSync, constants, lstatSync, openSync } from "node:fs";
import { CodexError, codeOf } from "@codex/common";
import type { ByteName } from "./tree.js";
import { bytesOf, displayPath } from "./tree.js";

/** Linux: names a directory without the right to list it. */
const O_PATH = 0o10000000;
const FLAGS = constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Paths below one root that no symlink can lead out of it: each directory on the way is opened without following one,
 * and the last name is used below the open directory. Where the kernel has no `/proc`, each is looked at instead.
 */
export class Anchor implements Disposable {
  readonly #root: ByteName;
  readonly #isLinux = process.platform === "linux";
  #open: { readonly folder: ByteName; readonly descriptor: number } | undefined;

  constructor(root: ByteName) {
    this.#root = root;
  }

  /** For one system call on `path` itself, or the root if it is empty; `undefined`: its parent is no directory. */
  at(path: ByteName): string | Buffer | undefined {
    if (path === "") return bytesOf(this.#root);
    const slash = path.lastIndexOf("/");
    const folder = slash < 0 ? "" : path.slice(0, slash);
    const name = path.slice(slash + 1);
    if (name === "" || name === "." || name === "..") {
      throw new CodexError("internal", `${displayPath(path)} is no path`);
    }
    const base = this.#isLinux ? this.#descend(folder) : this.#walk(folder);
    return base === undefined ? undefined : bytesOf(`${base}/${name}`);
  }

  #descend(folder: ByteName): ByteName | undefined {
    if (this.#open?.folder !== folder) {
      this[Symbol.dispose]();
      const descriptor = this.#openFolder(folder);
      if (descriptor === undefined) return undefined;
      this.#open = { folder, descriptor };
    }
    return `/proc/self/fd/${this.#open.descriptor}`;
  }

  #openFolder(folder: ByteName): number | undefined {
    let descriptor = tryOpen(this.#root);
    for (const name of folder.split("/").filter(Boolean)) {
      if (descriptor === undefined) return undefined;
      const outer = descriptor;
      try {
        descriptor = tryOpen(`/proc/self/fd/${outer}/${name}`);
      } finally {
        closeSync(outer);
      }
    }
    return descriptor;
  }

  #walk(folder: ByteName): ByteName | undefined {
    let path = this.#root;
    for (const name of folder.split("/").filter(Boolean)) {
      path = `${path}/${name}`;
      if (lstatSync(bytesOf(path), { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
    }
    return path;
  }

  /** What was opened may have been moved away since: look again. */
  [Symbol.dispose](): void {
    if (this.#open !== undefined) closeSync(this.#open.descriptor);
    this.#open = undefined;
  }
}

function tryOpen(path: ByteName): number | undefined {
  try {
    return openSync(bytesOf(path), O_PATH | FLAGS);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return undefined;
    throw error;
  }
}
