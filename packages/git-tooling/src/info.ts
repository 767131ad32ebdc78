import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Files } from "@codex/protocol";
import { isStandIn } from "@codex/protocol";
import type { GitPlace } from "./run.js";
import { askGit } from "./run.js";

/** Facts of a work tree; what is not known is absent (exec.md §7.2). */
export type GitInfo = {
  readonly commit_hash?: string;
  /** Absent while no branch is checked out. */
  readonly branch?: string;
  /** Of `origin`, without a password or token. */
  readonly repository_url?: string;
};

/** Bytes of a `.git` file. */
const MAX_POINTER = 4096;

/** The folder at or above `directory` that holds `.git`, as a folder or as a worktree's file. */
export async function findRoot(files: Files, directory: string, signal: AbortSignal): Promise<string | undefined> {
  for (let folder = directory; ; folder = dirname(folder)) {
    const found = await files.stat(join(folder, ".git"), signal);
    if (found?.type === "file" || (found?.type === "directory" && !isStandIn(found.mode))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The root whose `.git` is a folder: for a linked worktree that of the main one. Trust is asked for this one. */
export async function findMainRoot(files: Files, directory: string, signal: AbortSignal): Promise<string | undefined> {
  const root = await findRoot(files, directory, signal);
  if (root === undefined) return undefined;
  const pointer = await files.stat(join(root, ".git"), signal);
  if (pointer?.type !== "file") return root;
  const text = Buffer.from((await files.read(join(root, ".git"), MAX_POINTER, signal)) ?? []).toString("utf8");
  const target = /^gitdir: (.+)$/m.exec(text)?.[1]?.trim();
  if (target === undefined) return root;
  const folder = isAbsolute(target) ? target : resolve(root, target);
  const main = /^(.+)\/\.git\/worktrees\/[^/]+$/.exec(folder)?.[1];
  return main ?? root;
}

/** Runs three commands beside each other; a folder without a repository has no facts. */
export async function readGitInfo(place: GitPlace, signal: AbortSignal): Promise<GitInfo> {
  const [commit, branch, url] = await Promise.all([
    askGit(place, ["rev-parse", "--verify", "-q", "HEAD^{commit}"], signal),
    askGit(place, ["symbolic-ref", "-q", "--short", "HEAD"], signal),
    askGit(place, ["config", "--get", "remote.origin.url"], signal),
  ]);
  return {
    ...(filled(commit) ? { commit_hash: commit } : {}),
    ...(filled(branch) ? { branch } : {}),
    ...(filled(url) ? { repository_url: withoutSecret(url) } : {}),
  };
}

function filled(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

/** Session files and prompts carry the address; a token in it would travel along. */
export function withoutSecret(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, (whole: string, scheme: string) =>
    /^ssh:/i.test(scheme) && !whole.includes(":", scheme.length) ? whole : scheme,
  );
}
