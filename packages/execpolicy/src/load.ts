import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, messageOf } from "@codex/common";
import { checkExamples } from "./check.js";
import { RULES_LIMITS } from "./limits.js";
import { parseRules, type ParsedRules } from "./parse-rules.js";
import { combineRules, createPolicy, type Policy } from "./policy.js";
import type { RulesProblem } from "./problem.js";
import type { Rules } from "./rule.js";

export type LoadedPolicy =
  | { readonly type: "loaded"; readonly policy: Policy; readonly files: readonly string[] }
  /** Every file that cannot be used; no policy then, rather than part of one. */
  | { readonly type: "failed"; readonly problems: readonly RulesProblem[] };

/**
 * The rules of several folders as one policy, in the order given, the lowest precedence first; in each folder every
 * `*.rules` file, by name (exec.md §2.4). A folder that does not exist has no rules. Examples are checked.
 */
export async function loadPolicy(folders: readonly string[], signal: AbortSignal): Promise<LoadedPolicy> {
  const files: string[] = [];
  for (const folder of folders) {
    signal.throwIfAborted();
    const listed = await listRules(folder);
    if (!Array.isArray(listed)) return { type: "failed", problems: [listed] };
    files.push(...listed);
  }
  return await loadPolicyFiles(files, signal);
}

/** The rules of these files, in order, as one policy. Here a missing file is a problem. */
export async function loadPolicyFiles(files: readonly string[], signal: AbortSignal): Promise<LoadedPolicy> {
  const problems: RulesProblem[] = [];
  const sets: Rules[] = [];
  for (const file of files) {
    const parsed = await loadFile(file, signal);
    if (parsed.type === "failed") problems.push(parsed.problem);
    else sets.push(parsed.rules);
  }
  if (problems.length > 0) return { type: "failed", problems };
  return { type: "loaded", policy: createPolicy(combineRules(sets)), files };
}

/** One file's text, read and its examples checked. */
export function readRules(text: string, file: string): ParsedRules {
  const parsed = parseRules(text, file);
  if (parsed.type === "failed") return parsed;
  const problem = checkExamples(parsed.rules);
  return problem === undefined ? parsed : { type: "failed", problem };
}

async function listRules(folder: string): Promise<string[] | RulesProblem> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".rules")).sort();
    if (names.length > RULES_LIMITS.files) return { file: folder, message: `more than ${RULES_LIMITS.files} files` };
    return names.map((name) => join(folder, name));
  } catch (error) {
    return codeOf(error) === "ENOENT" ? [] : { file: folder, message: messageOf(error) };
  }
}

async function loadFile(file: string, signal: AbortSignal): Promise<ParsedRules> {
  signal.throwIfAborted();
  const failed = (message: string): ParsedRules => ({ type: "failed", problem: { file, message } });
  try {
    const facts = await stat(file);
    if (!facts.isFile()) return failed("not a regular file");
    if (facts.size > RULES_LIMITS.text * 3) return failed(`longer than ${RULES_LIMITS.text} characters`);
    const bytes = await readFile(file, { signal });
    return readRules(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), file);
  } catch (error) {
    signal.throwIfAborted();
    return failed(codeOf(error) === "ERR_ENCODING_INVALID_ENCODED_DATA" ? "not UTF-8" : messageOf(error));
  }
}
