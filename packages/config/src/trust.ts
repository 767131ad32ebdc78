import { codeOf } from "@codex/common";
import { isStandIn } from "@codex/protocol";
import { realpathSync, statSync, type Stats } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { readTextFile } from "./text-file.js";

export type Trust = "trusted" | "untrusted" | "unset";

/** What the folders above a working directory say. All paths are canonical. */
export type Folders = {
  readonly cwd: string;
  /** Nearest ancestor-or-self with a project root marker, else `cwd` (core.md §3.3). */
  readonly root: string;
  /** Root of the git repository; of the main one, when this is a linked work tree. */
  readonly git_root?: string;
  /** Existing `.codex/config.toml` files from `root` down to `cwd`, without the user's own. */
  readonly config_files: readonly string[];
};

/** Looks at every folder above `cwd` once. */
export function surveyFolders(cwd: string, markers: readonly string[], home: string): Folders {
  const real = canonical(cwd);
  const real_home = canonical(home);
  const facts = ancestors(real).map((folder) => factsOf(folder, markers, real_home));
  const root = facts.find((fact) => fact.is_root)?.folder ?? real;
  const git = facts.find((fact) => fact.has_git);
  const inside = facts.slice(0, facts.findIndex((fact) => fact.folder === root) + 1);
  const config_files = inside.flatMap((fact) => fact.config_file ?? []).toReversed();
  const found = { cwd: real, root, config_files };
  return git === undefined ? found : { ...found, git_root: mainRepository(git.folder) };
}

/** A decision holds for the folder itself, its project root, or its repository: the first one found (core.md §7.2). */
export function trustOf(
  projects: Readonly<Record<string, { readonly trust_level?: "trusted" | "untrusted" }>>,
  cwd: string,
  folders: Folders,
): Trust {
  const levels = new Map(Object.entries(projects).map(([path, entry]) => [resolve(path), entry.trust_level]));
  for (const folder of [cwd, folders.cwd, folders.root, folders.git_root]) {
    const level = folder === undefined ? undefined : levels.get(folder);
    if (level !== undefined) return level;
  }
  return "unset";
}

type Facts = {
  readonly folder: string;
  readonly is_root: boolean;
  readonly has_git: boolean;
  readonly config_file: string | undefined;
};

function factsOf(folder: string, markers: readonly string[], home: string): Facts {
  const settings = join(folder, ".codex");
  const file = join(settings, "config.toml");
  const is_own = (): boolean => canonical(settings) === home;
  const has_git = isRepository(join(folder, ".git"));
  return {
    folder,
    is_root: markers.some((marker) => (marker === ".git" ? has_git : exists(join(folder, marker)))),
    has_git,
    config_file: exists(file) && !is_own() ? file : undefined,
  };
}

/** Nearest first. */
function ancestors(folder: string): readonly string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...ancestors(above)];
}

/**
 * The main repository of a linked work tree. A `.git` file is data of whoever wrote the folder, so it is believed only
 * when the main repository points back at it: otherwise a download could borrow the trust of another project.
 */
function mainRepository(folder: string): string {
  const link = join(folder, ".git");
  const written = isFile(link) ? firstLine(link) : undefined;
  if (written === undefined || !written.startsWith("gitdir:")) return folder;
  const metadata = canonical(resolve(folder, written.slice("gitdir:".length).trim()));
  const worktrees = dirname(metadata);
  const common = dirname(worktrees);
  if (basename(worktrees) !== "worktrees" || basename(common) !== ".git") return folder;
  const back = firstLine(join(metadata, "gitdir"));
  if (back === undefined || canonical(resolve(metadata, back)) !== canonical(link)) return folder;
  return dirname(common);
}

function firstLine(path: string): string | undefined {
  return readTextFile(path)?.split("\n")[0]?.trim();
}

/** A folder that may not be looked into counts as having nothing in it. */
/** A command in `/tmp` must not make all of `/tmp` a project for a moment. */
function isRepository(path: string): boolean {
  const facts = factsAt(path);
  return facts !== undefined && !(facts.isDirectory() && isStandIn(facts.mode));
}

function exists(path: string): boolean {
  return factsAt(path) !== undefined;
}

function isFile(path: string): boolean {
  return factsAt(path)?.isFile() ?? false;
}

function factsAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

/** Symlinks resolved; the path itself where there is nothing. */
function canonical(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return resolve(path);
  }
}
