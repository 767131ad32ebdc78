import { CodexError } from "@codex/common";
import type { GitPlace } from "./run.js";
import { disarm, runGit } from "./run.js";

/** One path that is not as the last commit has it. */
export type StatusEntry = {
  /** Relative to the root of the work tree. */
  readonly path: string;
  readonly kind: "changed" | "renamed" | "unmerged" | "untracked" | "ignored";
  /** Letters of git: `.` for none. Empty for what git does not follow. */
  readonly index: string;
  readonly worktree: string;
  /** Where a renamed or copied path was before. */
  readonly from?: string;
};

/** What differs in the work tree; submodules count only by their commit, since their own settings are not disarmed. */
export async function readStatus(place: GitPlace, signal: AbortSignal): Promise<readonly StatusEntry[]> {
  const args = ["status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignore-submodules=dirty"];
  const { code, stdout, stderr } = await runGit(place, { args, settings: await disarm(place, signal) }, signal);
  if (code !== 0) throw new CodexError("file_error", `git status failed: ${stderr.trim().slice(0, 500)}`);
  return parseStatus(Buffer.from(stdout).toString("utf8"));
}

/** Reads porcelain v2 with NUL separators; lines it does not know are left out. */
export function parseStatus(text: string): readonly StatusEntry[] {
  const fields = text.split("\0");
  const entries: StatusEntry[] = [];
  for (let at = 0; at < fields.length; at += 1) {
    const line = fields[at] ?? "";
    const entry = entryOf(line);
    if (entry === undefined) continue;
    if (entry.kind !== "renamed") entries.push(entry);
    else entries.push({ ...entry, from: fields[(at += 1)] ?? "" });
  }
  return entries;
}

/** How many fields stand before the path, by the first letter. */
const LEADING: Readonly<Record<string, number>> = { "1": 8, "2": 9, u: 10 };

function entryOf(line: string): StatusEntry | undefined {
  const tag = line[0] ?? "";
  if (tag === "?" || tag === "!") {
    return { path: line.slice(2), kind: tag === "?" ? "untracked" : "ignored", index: "", worktree: "" };
  }
  const leading = LEADING[tag];
  if (leading === undefined) return undefined;
  const words = line.split(" ");
  const path = words.slice(leading).join(" ");
  const [index = ".", worktree = "."] = words[1] ?? "";
  return { path, kind: tag === "1" ? "changed" : tag === "2" ? "renamed" : "unmerged", index, worktree };
}
