import path from "node:path";
import { CodexError } from "@codex/common";
import type { Config } from "@codex/config";
import type { Amendment, NetworkRule, Policy, Position, Rules } from "@codex/execpolicy";
import {
  amendFile,
  combineRules,
  createPolicy,
  describeProblem,
  isBroadPrefix,
  isNetworkProtocol,
  joinWords,
  loadPolicy,
  loadPolicyFiles,
  NO_RULES,
  normaliseHost,
} from "@codex/execpolicy";
import type { NetworkPolicyAmendment, NetworkTarget } from "@codex/protocol";

type HostAction = NetworkPolicyAmendment["action"];

/** The rules of a session. They change only by the person's own answers. */
export interface RuleBook {
  readonly policy: Policy;
  /** Where rules were read, in the order of their precedence. */
  readonly files: readonly string[];
  /** Writes an allow rule and follows it from now on. What is wrong, when it could not be kept. */
  allowPrefix(pattern: readonly string[], signal: AbortSignal): Promise<string | undefined>;
  /** The same for a host that is allowed, or refused under any protocol. */
  ruleHost(target: NetworkTarget, action: HostAction, signal: AbortSignal): Promise<string | undefined>;
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
  /** Follows a rule and writes it; it is taken over as it stands in the file, with its line, and nothing else of it. */
  const keep = async (amendment: Amendment, find: (written: Rules) => Rules, cancel: AbortSignal) => {
    const written = await amendFile(amendments, amendment, cancel);
    const read = await loadPolicyFiles([amendments], cancel);
    policy = createPolicy(combineRules([policy.rules, find(read.type === "loaded" ? read.policy.rules : NO_RULES)]));
    if (written.type !== "refused") return undefined;
    return `the rule holds for this session, but it could not be kept: ${written.message}`;
  };
  return {
    get policy() {
      return policy;
    },
    files: loaded.files,
    async allowPrefix(pattern, cancel) {
      if (isBroadPrefix(pattern)) return `a rule for ${joinWords(pattern)} would allow nearly anything`;
      return keep({ type: "prefix", pattern }, (written) => prefixOf(pattern, written), cancel);
    },
    async ruleHost({ host, protocol }, action, cancel) {
      const normalised = normaliseHost(host);
      if (normalised.type === "failed") return normalised.message;
      if (!isNetworkProtocol(protocol)) return `unknown protocol ${protocol}`;
      const target = { host: normalised.host, protocol };
      const amendment = { type: "network", ...target, decision: action } as const;
      return keep(amendment, (written) => hostOf(target, action, written), cancel);
    },
  };
}

const UNWRITTEN: Position = { file: "this session", line: 0, column: 0 };

function prefixOf(pattern: readonly string[], { prefixes }: Rules): Rules {
  const words = pattern.map((word) => [word]);
  const wanted = JSON.stringify(words);
  const found = prefixes.findLast((rule) => rule.decision === "allow" && JSON.stringify(rule.pattern) === wanted);
  const unwritten = { pattern: words, decision: "allow", match: [], notMatch: [], position: UNWRITTEN } as const;
  return { ...NO_RULES, prefixes: [found ?? unwritten] };
}

function hostOf(target: Pick<NetworkRule, "host" | "protocol">, action: HostAction, { networks }: Rules): Rules {
  const decision = action === "deny" ? "forbidden" : "allow";
  const { host, protocol } = target;
  const found = networks.findLast(
    (rule) => rule.host === host && rule.protocol === protocol && rule.decision === decision,
  );
  return { ...NO_RULES, networks: [found ?? { ...target, decision, position: UNWRITTEN }] };
}

function foldersBetween(root: string, cwd: string): readonly string[] {
  const way = path.relative(root, cwd);
  if (way === "" || way.startsWith("..")) return [root];
  const names = way.split(path.sep);
  return [root, ...names.map((_name, index) => path.join(root, ...names.slice(0, index + 1)))];
}
