import { constants } from "node:fs";
import { open, readlink } from "node:fs/promises";
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
 * What must not change for the metadata of one root to stay as it is: the names themselves, every symbolic link on
 * the way to what they mean, and the git directories that a `.git` pointer file leads to. Some may lie outside.
 */
export async function protectedPaths(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of PROTECTED_NAMES) found.push(...(await wholeTrail(join(root, name))));
  found.push(...(await gitDirectories(join(root, ".git"))));
  return found;
}

/** The way from `/` to what an absolute path means. */
export async function followLinks(path: string): Promise<Trail> {
  const links: string[] = [];
  let here = "/";
  let ahead = path.split("/");
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    if (part === "" || part === ".") continue;
    const next = part === ".." ? dirname(here) : join(here, part);
    const target = part === ".." ? undefined : await readlink(next).catch(() => undefined);
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

async function wholeTrail(path: string): Promise<readonly string[]> {
  const { links, end } = await followLinks(path);
  return [...links, end];
}

/** The directory a pointer file names, and the common one that a linked worktree's directory names in turn. */
async function gitDirectories(dotGit: string): Promise<readonly string[]> {
  const pointer = await readSmall(dotGit);
  if (pointer?.startsWith("gitdir: ") !== true) return [];
  const directory = resolve(dirname(dotGit), withoutLineEnd(pointer.slice("gitdir: ".length)));
  const common = withoutLineEnd((await readSmall(join(directory, "commondir"))) ?? "");
  const found = [...(await wholeTrail(directory))];
  if (common !== "") found.push(...(await wholeTrail(resolve(directory, common))));
  return found;
}

/** As git does it: only line ends are cut, spaces belong to the path. */
function withoutLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, "");
}

/** At most 4 KiB of a regular file; `undefined` when there is none. */
async function readSmall(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
