import path from "node:path";
import { CodexError } from "@codex/common";
import type { Config } from "@codex/config";
import type { Policy, PrefixRule, Rules } from "@codex/execpolicy";
import {
  amendFile,
  combineRules,
  createPolicy,
  describeProblem,
  isBroadPrefix,
  joinWords,
  loadPolicy,
  loadPolicyFiles,
  NO_RULES,
} from "@codex/execpolicy";

/** The rules of a session. They change only by the person's own answers. */
export interface RuleBook {
  readonly policy: Policy;
  /** Where rules were read, in the order of their precedence. */
  readonly files: readonly string[];
  /** Writes an allow rule and follows it from now on. What is wrong, when it could not be kept. */
  allowPrefix(pattern: readonly string[], signal: AbortSignal): Promise<string | undefined>;
}

export type RuleFolders = {
  /** Lowest precedence first. Folders that do not exist have no rules. */
  readonly folders: readonly string[];
  /** Where new rules are written (exec.md §2.5). */
  readonly amendments: string;
};

const SYSTEM_FOLDER = "/etc/codex/rules";

/**
 * The system's, the user's, and those of a trusted project from its root down to the working directory. With
 * `--ignore-rules` only the system's; what a person keeps is written all the same.
 */
export function ruleFolders(config: Pick<Config, "home" | "project" | "rules" | "settings">): RuleFolders {
  const own = path.join(config.home, "rules");
  const amendments = path.join(own, "default.rules");
  if (config.rules === "ignored") return { folders: [SYSTEM_FOLDER], amendments };
  const project = config.project.trust === "trusted" ? foldersBetween(config.project.root, config.settings.cwd) : [];
  const folders = [SYSTEM_FOLDER, own, ...project.map((folder) => path.join(folder, ".codex", "rules"))];
  return { folders: [...new Set(folders)], amendments };
}

/** Throws `config_invalid` with FILE:LINE when any file cannot be used: rules are followed whole or not at all. */
export async function loadRuleBook({ folders, amendments }: RuleFolders, signal: AbortSignal): Promise<RuleBook> {
  const loaded = await loadPolicy(folders, signal);
  if (loaded.type === "failed") {
    const problems = loaded.problems.map(describeProblem);
    const text = problems.length === 1 ? ` ${problems[0]}` : problems.map((problem) => `\n  ${problem}`).join("");
    throw new CodexError("config_invalid", `the rules cannot be used:${text}`);
  }
  let policy = loaded.policy;
  return {
    get policy() {
      return policy;
    },
    files: loaded.files,
    async allowPrefix(pattern, cancel) {
      if (isBroadPrefix(pattern)) return `a rule for ${joinWords(pattern)} would allow nearly anything`;
      const written = await amendFile(amendments, { type: "prefix", pattern }, cancel);
      policy = createPolicy(combineRules([policy.rules, await ruleOf(pattern, amendments, cancel)]));
      if (written.type !== "refused") return undefined;
      return `the rule holds for this session, but it could not be kept: ${written.message}`;
    },
  };
}

/** The rule as it stands in the file, with its line; nothing else of the file is taken over. */
async function ruleOf(pattern: readonly string[], file: string, signal: AbortSignal): Promise<Rules> {
  const loaded = await loadPolicyFiles([file], signal);
  const wanted = JSON.stringify(pattern.map((word) => [word]));
  const rules = loaded.type === "loaded" ? loaded.policy.rules.prefixes : [];
  const found = rules.findLast((rule) => rule.decision === "allow" && JSON.stringify(rule.pattern) === wanted);
  const unwritten: PrefixRule = {
    pattern: pattern.map((word) => [word]),
    decision: "allow",
    match: [],
    notMatch: [],
    position: { file: "this session", line: 0, column: 0 },
  };
  return { ...NO_RULES, prefixes: [found ?? unwritten] };
}

function foldersBetween(root: string, cwd: string): readonly string[] {
  const way = path.relative(root, cwd);
  if (way === "" || way.startsWith("..")) return [root];
  const names = way.split(path.sep);
  return [root, ...names.map((_name, index) => path.join(root, ...names.slice(0, index + 1)))];
}
