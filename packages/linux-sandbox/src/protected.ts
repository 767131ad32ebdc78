import { open, readlink, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** Names that stay read-only directly under every writable root, whether they exist yet or not (exec.md §4.3). */
const PROTECTED_NAMES = [".git", ".codex", ".agents"] as const;

/** Git refuses longer chains too; the kernel stops at 40. */
const MOST_LINKS = 40;

/**
 * What must not change for the metadata of one root to stay as it is: the names themselves, every symbolic link on
 * the way to what they mean, and the git directories that a `.git` pointer file leads to. Some may lie outside.
 */
export async function protectedPaths(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of PROTECTED_NAMES) found.push(...(await trail(join(root, name))));
  found.push(...(await gitDirectories(join(root, ".git"))));
  return found;
}

/** Symbolic links met on the way to a path, and the canonical path at the end (which may not exist). */
async function trail(path: string): Promise<readonly string[]> {
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
  return [...links, here];
}

/** The directory a pointer file names, and the common one that a linked worktree's directory names in turn. */
async function gitDirectories(dotGit: string): Promise<readonly string[]> {
  const pointer = await readSmall(dotGit);
  const named = /^gitdir: (.+?)\s*$/m.exec(pointer ?? "")?.[1];
  if (named === undefined) return [];
  const directory = resolve(dirname(dotGit), named);
  const common = (await readSmall(join(directory, "commondir")))?.trim();
  const found = [...(await trail(directory))];
  if (common !== undefined && common !== "") found.push(...(await trail(resolve(directory, common))));
  return found;
}

/** At most 4 KiB of a regular file; `undefined` when there is none. */
async function readSmall(path: string): Promise<string | undefined> {
  const isFile = await stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  );
  if (!isFile) return undefined;
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
