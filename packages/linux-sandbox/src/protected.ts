import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, readlinkSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Names that stay read-only directly under every writable root, whether they exist yet or not (exec.md §4.3). */
const PROTECTED_NAMES = [".git", ".codex", ".agents"] as const;

/** Git refuses longer chains too; the kernel stops at 40. */
const MOST_LINKS = 40;

export type Trail = {
  /** Symbolic links on the way, each at a path without links. */
  readonly links: readonly string[];
  /** The canonical path at the end, which may not exist. */
  readonly end: string;
};

/**
 * What must not change for the metadata of one canonical root to stay as it is: the names themselves, every symbolic
 * link on the way to what they mean, and the git directories that a `.git` pointer file leads to. Some may lie outside.
 */
export function protectedPaths(root: string): readonly string[] {
  const found = PROTECTED_NAMES.flatMap((name) => wholeTrail(followFrom(root, name)));
  return [...found, ...gitDirectories(join(root, ".git"))];
}

/**
 * The way from `/` to what an absolute path means. Synchronous, as all of this module: a handful of calls that the
 * kernel answers from memory take a tenth of the time of their way through the thread pool.
 */
export function followLinks(path: string): Trail {
  return followFrom("/", path);
}

/** The same for a path below a canonical directory. */
function followFrom(canonical: string, path: string): Trail {
  const links: string[] = [];
  let here = canonical;
  let ahead = path.split("/");
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    if (part === "" || part === ".") continue;
    const next = part === ".." ? dirname(here) : join(here, part);
    const target = part === ".." ? undefined : targetOf(next);
    if (target === undefined || links.length === MOST_LINKS) {
      here = next;
      continue;
    }
    links.push(next);
    if (target.startsWith("/")) here = "/";
    ahead = [...target.split("/"), ...ahead];
  }
  return { links, end: here };
}

/** What a symbolic link says; `undefined`: it is none, or it cannot be looked at. */
function targetOf(path: string): string | undefined {
  if (lookAt(path)?.isSymbolicLink() !== true) return undefined;
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // it has just been replaced: the helper looks again, and refuses links on the way
  }
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // below a file, or in a folder that is closed to us
  }
}

/** Is there something, even a symbolic link to nothing? */
export function exists(path: string): boolean {
  return lookAt(path) !== undefined;
}

function wholeTrail({ links, end }: Trail): readonly string[] {
  return [...links, end];
}

/** The directory a pointer file names, and the common one that a linked worktree's directory names in turn. */
function gitDirectories(dotGit: string): readonly string[] {
  const pointer = readSmall(dotGit);
  if (pointer?.startsWith("gitdir: ") !== true) return [];
  const directory = resolve(dirname(dotGit), withoutLineEnd(pointer.slice("gitdir: ".length)));
  const common = withoutLineEnd(readSmall(join(directory, "commondir")) ?? "");
  const found = wholeTrail(followLinks(directory));
  return common === "" ? found : [...found, ...wholeTrail(followLinks(resolve(directory, common)))];
}

/** As git does it: only line ends are cut, spaces belong to the path. */
function withoutLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, "");
}

/** At most 4 KiB of a regular file; `undefined` when there is none. */
function readSmall(path: string): string | undefined {
  let file: number | undefined;
  try {
    // Most often a directory, or nothing: told without the cost of an exception.
    if (lookAt(path)?.isDirectory() !== false) return undefined;
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(file).isFile()) return undefined;
    const buffer = Buffer.alloc(4096);
    return buffer.toString("utf8", 0, readSync(file, buffer, 0, buffer.length, 0));
  } catch {
    return undefined; // gone, or closed to us: the same to the caller
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
