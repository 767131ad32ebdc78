import { CodexError } from "@codex/common";
import type { GitPlace } from "./run.js";
import { askGit, disarm, runGit } from "./run.js";

export type ApplyRequest = {
  readonly diff: string;
  /** `check` looks whether it would apply and changes nothing; `revert` takes the diff back. Default: `apply`. */
  readonly mode?: "apply" | "check" | "revert";
};

/** Each path is in one list: conflicted counts before skipped, skipped before applied (exec.md §7.4). */
export type ApplyReport = {
  readonly clean: boolean;
  readonly applied: readonly string[];
  readonly skipped: readonly string[];
  readonly conflicted: readonly string[];
  /** What git said, at most 64 KiB. */
  readonly said: string;
};

const MAX_SAID = 64 << 10;

/**
 * Applies a diff with a three-way merge in the root of the work tree. A part that cannot be merged leaves conflict
 * markers in its file and is named in the report.
 */
export async function applyDiff(place: GitPlace, request: ApplyRequest, signal: AbortSignal): Promise<ApplyReport> {
  const root = await askGit(place, ["rev-parse", "--show-toplevel"], signal);
  if (root === undefined) throw new CodexError("file_error", `${place.cwd} is in no Git work tree`);
  const there = { ...place, cwd: root };
  const settings = await disarm(there, signal);
  const stdin = Buffer.from(request.diff, "utf8");
  const args = ["apply", ...ARGS[request.mode ?? "apply"], "-"];
  const { code, stdout, stderr } = await runGit(there, { args, settings, stdin }, signal);
  const said = `${Buffer.from(stdout).toString("utf8")}${stderr}`;
  return { clean: code === 0, ...sort(said), said: said.slice(0, MAX_SAID) };
}

const ARGS = {
  apply: ["--3way", "--verbose"],
  check: ["--check", "--verbose"],
  revert: ["--3way", "--verbose", "-R"],
} as const;

/** What git prints about a path, and which list it belongs in. */
const SIGNS: readonly (readonly ["applied" | "skipped" | "conflicted", RegExp])[] = [
  ["applied", /^Applied patch (?:to )?'?(.+?)'? cleanly\.?$/],
  ["conflicted", /^Applied patch (?:to )?'?(.+?)'? with conflicts\.?$/],
  ["conflicted", /^U (.+)$/],
  ["conflicted", /^error: patch failed: (.+):\d+$/],
  ["skipped", /^error: (.+): (?:patch does not apply|does not match index|No such file or directory)$/],
  ["skipped", /^error: (.+): (?:does not exist in index|already exists in (?:index|working directory))$/],
  ["skipped", /^error: (?:cannot read the current contents of|repository lacks the necessary blob.*) '(.+)'/],
];

function sort(said: string): Pick<ApplyReport, "applied" | "skipped" | "conflicted"> {
  const lists = { applied: new Set<string>(), skipped: new Set<string>(), conflicted: new Set<string>() };
  for (const line of said.split("\n")) {
    for (const [list, sign] of SIGNS) {
      const path = sign.exec(line)?.[1];
      if (path !== undefined) lists[list].add(path);
    }
  }
  const conflicted = [...lists.conflicted];
  const skipped = [...lists.skipped].filter((path) => !lists.conflicted.has(path));
  const stronger = new Set([...conflicted, ...skipped]);
  return { conflicted, skipped, applied: [...lists.applied].filter((path) => !stronger.has(path)) };
}
