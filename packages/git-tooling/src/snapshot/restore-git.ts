import { lstatSync, readdirSync, renameSync, rmdirSync, rmSync, utimesSync } from "node:fs";
import { CodexError, codeOf, messageOf } from "@codex/common";
import { Anchor } from "./anchor.js";
import { constantName, isIntact } from "./git-files.js";
import type { ObjectStore } from "./object-store.js";
import type { GitTarget } from "./own-git.js";
import type { PathProblem, Target } from "./plan.js";
import { restoreTargets } from "./restore.js";
import { diffTrees } from "./tree-diff.js";
import type { ByteName, Entry } from "./tree.js";
import { TEMPORARY, typeOf } from "./tree.js";

const TAKEN = "something else has come to its place";

export type GitRestoreParts = {
  readonly store: ObjectStore;
  /** As in `RestoreParts`. */
  readonly token: string;
  /** Why something is not held, by its path below the root. */
  why(path: ByteName): string | undefined;
};

/** Makes a `.git` beside its place, then renames it at once. Returns what is not back, by paths below the root. */
export async function restoreGit(
  target: GitTarget,
  parts: GitRestoreParts,
  signal: AbortSignal,
): Promise<readonly PathProblem[]> {
  using anchor = new Anchor(target.root);
  try {
    const { targets, problems } = await findSound(target, parts, signal);
    const staged = placeOf(anchor, `${TEMPORARY}git-${parts.token}`);
    rmSync(staged, { recursive: true, force: true });
    const { store, token } = parts;
    const failed = await restoreTargets(
      targets,
      { root: staged, store, current: undefined, linked: [], token },
      signal,
    );
    age(staged, targets);
    if (target.aside !== undefined) renameSync(placeOf(anchor, ".git"), placeOf(anchor, target.aside));
    // over folders with nothing in them
    else clearFolders(placeOf(anchor, ".git"));
    if (lstatSync(placeOf(anchor, ".git"), { throwIfNoEntry: false }) !== undefined)
      throw new CodexError("file_error", TAKEN);
    renameSync(`${staged}/.git`, placeOf(anchor, ".git"));
    rmdirSync(staged);
    return [...problems, ...failed];
  } catch (error) {
    signal.throwIfAborted();
    const isTaken = ["ENOTDIR", "ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? "");
    return [{ path: ".git", reason: isTaken ? TAKEN : messageOf(error) }];
  }
}

type Sound = { readonly targets: readonly Target[]; readonly problems: readonly PathProblem[] };

async function findSound(
  { kept, at }: GitTarget,
  { store, why }: GitRestoreParts,
  signal: AbortSignal,
): Promise<Sound> {
  const targets: Target[] = [];
  const problems: PathProblem[] = [];
  let damaged = 0;
  for (const { path, after } of diffTrees(store, undefined, kept)) {
    if (after === undefined) continue;
    if (typeOf(after) === "not_covered") {
      const reason = why(path) ?? "it was not kept";
      if (reason !== "not a file") problems.push({ path, reason });
      continue;
    }
    // nobody else looks in before it is whole
    const wanted = path === "" ? { ...after, mode: 0o040700 } : after;
    if (await isSound(store, { path, wanted, at: Date.parse(at) }, signal))
      targets.push({ path, now: undefined, wanted });
    else damaged += 1;
  }
  const lost = { path: ".git", reason: `${damaged} of its files were overwritten where they lay, and are lost` };
  return { targets, problems: damaged === 0 ? problems : [...problems, lost] };
}

/** Stops at the first thing that is no folder. */
function clearFolders(path: ByteName): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  for (const name of readdirSync(path, "latin1")) clearFolders(`${path}/${name}`);
  rmdirSync(path);
}

function placeOf(anchor: Anchor, name: ByteName): ByteName {
  const at = anchor.at(name);
  if (at === undefined) throw new CodexError("file_error", "its folder is not there, or a symlink is in its place");
  return typeof at === "string" ? at : at.toString("latin1");
}

type Kept = { readonly path: ByteName; readonly wanted: Entry; readonly at: number };

async function isSound(store: ObjectStore, { path, wanted, at }: Kept, signal: AbortSignal): Promise<boolean> {
  const linked = typeOf(wanted) === "file" ? store.linked.find(wanted.id) : undefined;
  const name = constantName(`/${path}`);
  if (linked !== undefined && name !== undefined) return isIntact(linked, name, at, signal);
  return typeOf(wanted) === "directory" || store.has(wanted.id);
}

/** A new time would have git trust what it noted of files that changed in the same moment. */
function age(staged: ByteName, targets: readonly Target[]): void {
  for (const { path, wanted } of targets) {
    if (path.endsWith("/index") && wanted !== undefined && typeOf(wanted) === "file") {
      utimesSync(Buffer.from(`${staged}/${path}`, "latin1"), 1, 1);
    }
  }
}
