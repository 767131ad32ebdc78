import { CodexError } from "@codex/common";
import type { GitPlace, Setting } from "./run.js";
import { askGit, disarm, runGit } from "./run.js";
import { readStatus } from "./status.js";

/** A work tree against the nearest commit that a remote knows (exec.md §7.3). */
export type DiffToRemote = { readonly sha: string; readonly diff: string };

/** No program of the repository draws the diff. */
const PLAIN = ["--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=dirty"];

/** `undefined`: there is no remote whose commits are known here. Untracked files are part of the diff. */
export async function diffToRemote(place: GitPlace, signal: AbortSignal): Promise<DiffToRemote | undefined> {
  const sha = await nearestRemote(place, signal);
  if (sha === undefined) return undefined;
  return { sha, diff: await diffAgainst(place, sha, signal) };
}

/** The work tree against a commit, untracked files included; paths are relative to the root. */
export async function diffAgainst(place: GitPlace, commit: string, signal: AbortSignal): Promise<string> {
  const root = await askGit(place, ["rev-parse", "--show-toplevel"], signal);
  const there = { ...place, cwd: root ?? place.cwd };
  const settings = await disarm(there, signal);
  const parts = [await diff(there, ["diff", ...PLAIN, commit, "--"], settings, signal)];
  for (const { kind, path } of await readStatus(there, signal)) {
    if (kind !== "untracked") continue;
    const args = ["diff", ...PLAIN, "--binary", "--no-index", "--", "/dev/null", path];
    parts.push(await diff(there, args, settings, signal));
  }
  return parts.join("");
}

async function diff(
  place: GitPlace,
  args: readonly string[],
  settings: readonly Setting[],
  signal: AbortSignal,
): Promise<string> {
  const { code, stdout, stderr } = await runGit(place, { args, settings }, signal);
  // 1: they differ
  if (code === 0 || code === 1) return Buffer.from(stdout).toString("utf8");
  throw new CodexError("file_error", `git diff failed: ${stderr.trim().slice(0, 500)}`);
}

/** Of the candidates of exec.md §7.3 the one with the fewest commits between it and HEAD. */
async function nearestRemote(place: GitPlace, signal: AbortSignal): Promise<string | undefined> {
  let best: { readonly sha: string; readonly distance: number } | undefined;
  for (const name of await candidates(place, signal)) {
    const sha = await askGit(place, ["rev-parse", "--verify", "-q", `refs/remotes/${name}^{commit}`], signal);
    if (sha === undefined) continue;
    const counted = await askGit(place, ["rev-list", "--count", `${sha}..HEAD`], signal);
    const distance = counted === undefined ? Infinity : Number(counted);
    if (best === undefined || distance < best.distance) best = { sha, distance };
  }
  return best?.sha;
}

async function candidates(place: GitPlace, signal: AbortSignal): Promise<readonly string[]> {
  const remotes = ((await askGit(place, ["remote"], signal)) ?? "").split("\n").filter(Boolean);
  remotes.sort((left, right) => Number(right === "origin") - Number(left === "origin"));
  const current = await askGit(place, ["symbolic-ref", "-q", "--short", "HEAD"], signal);
  const names: string[] = [];
  for (const remote of remotes) {
    const head = await askGit(place, ["symbolic-ref", "-q", "--short", `refs/remotes/${remote}/HEAD`], signal);
    if (current !== undefined) names.push(`${remote}/${current}`);
    names.push(...(head === undefined ? [`${remote}/main`, `${remote}/master`] : [head]));
  }
  const args = ["for-each-ref", "--format=%(refname:lstrip=2)", "--contains=HEAD", "refs/remotes"];
  const containing = ((await askGit(place, args, signal)) ?? "").split("\n").filter(Boolean);
  return [...new Set([...names, ...containing])];
}
