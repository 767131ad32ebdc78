import { isAbsolute, join, resolve } from "node:path";
import type { Files } from "@codex/protocol";
import type { GitInfo } from "./info.js";
import { findRoot, withoutSecret } from "./info.js";

/** Bytes of a file of git's that are looked at. */
const LIMIT = 4 * 1024 * 1024;
const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * The facts of `readGitInfo` without starting git: from its files `HEAD`, refs, `packed-refs`, `config`. What is kept
 * in another way (reftable, included configuration) is absent. A folder without a repository has no facts.
 */
export async function readGitFacts(files: Files, directory: string, signal: AbortSignal): Promise<GitInfo> {
  const root = await findRoot(files, directory, signal).catch(() => undefined);
  if (root === undefined) return {};
  const read = async (...names: readonly string[]): Promise<string | undefined> => {
    const data = await files.read(join(...names), LIMIT, signal).catch(() => undefined);
    return data === undefined ? undefined : Buffer.from(data).toString("utf8").trim();
  };
  const own = await gitFolder(root, read);
  const shared = resolve(own, (await read(own, "commondir")) ?? ".");
  const [head, config] = await Promise.all([read(own, "HEAD"), read(shared, "config")]);
  const name = /^ref: (\S+)$/.exec(head ?? "")?.[1];
  const commit = name === undefined ? head : await commitOf(name, [own, shared], read);
  const branch = name?.startsWith("refs/heads/") === true ? name.slice("refs/heads/".length) : undefined;
  const url = originOf(config ?? "");
  return {
    ...(commit !== undefined && HASH.test(commit) ? { commit_hash: commit } : {}),
    ...(branch === undefined ? {} : { branch }),
    ...(url === undefined ? {} : { repository_url: withoutSecret(url) }),
  };
}

type Read = (...names: readonly string[]) => Promise<string | undefined>;

/** `.git` is the folder, or a file that names it (worktrees, submodules). */
async function gitFolder(root: string, read: Read): Promise<string> {
  const pointer = /^gitdir: (.+)$/.exec((await read(root, ".git")) ?? "")?.[1];
  if (pointer === undefined) return join(root, ".git");
  return isAbsolute(pointer) ? pointer : resolve(root, pointer);
}

/** A ref that points at another is followed as far as nobody could mean more. */
const LINKS = 5;

async function commitOf(ref: string, folders: readonly string[], read: Read): Promise<string | undefined> {
  let name = ref;
  for (let links = 0; links < LINKS; links += 1) {
    const loose = await firstOf(folders, (folder) => read(folder, name));
    if (loose === undefined) break;
    const next = /^ref: (\S+)$/.exec(loose)?.[1];
    if (next === undefined) return loose;
    name = next;
  }
  const packed = await firstOf(folders, (folder) => read(folder, "packed-refs"));
  const line = packed?.split("\n").find((each) => each.endsWith(` ${name}`));
  return line?.slice(0, line.indexOf(" "));
}

async function firstOf(folders: readonly string[], find: (folder: string) => Promise<string | undefined>) {
  for (const folder of folders) {
    const found = await find(folder);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The last `url` of `[remote "origin"]`; git's own reading of quotes and backslashes is not needed for addresses. */
function originOf(config: string): string | undefined {
  let section = "";
  let url: string | undefined;
  for (const line of config.split("\n")) {
    const title = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line)?.[1];
    if (title !== undefined) section = title;
    else if (/^remote\s+"origin"$/i.test(section)) url = /^\s*url\s*=\s*"?([^"\s#;]+)"?\s*$/i.exec(line)?.[1] ?? url;
  }
  return url;
}
