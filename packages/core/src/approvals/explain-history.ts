import { findPatchInCommand } from "@codex/apply-patch";
import type { Config } from "@codex/config";
import type { Policy } from "@codex/execpolicy";
import {
  canonicalCommand,
  combineRules,
  createPolicy,
  describeProblem,
  joinWords,
  loadPolicyFiles,
} from "@codex/execpolicy";
import type { RolloutLine, Verdict } from "@codex/protocol";
import { CodexError } from "@codex/common";
import type { PastCommand } from "../rollout/commands.js";
import { listCommands } from "../rollout/commands.js";
import type { Mode } from "./asking.js";
import { assessExec } from "./exec.js";
import { repositoryOf } from "./open.js";
import { describeReason } from "./refusal.js";
import { loadRuleBook, ruleFolders } from "./rule-book.js";

export type HistoryRequest = {
  /** The changed policy. */
  readonly config: Config;
  /** Rules files that would be added to it. */
  readonly rules: readonly string[];
  /** Each session's lines. */
  readonly sessions: AsyncIterable<Iterable<RolloutLine>>;
};

/** What the policy does with a command. */
export type PolicyOutcome = "runs inside" | "runs outside" | "asks" | "refuses";

export type HistoryChange = {
  readonly argv: readonly string[];
  /** Where it was asked for first. */
  readonly cwd: string;
  /** With the approval policy and sandbox of its turn, and the rules as they are without the added ones. */
  readonly before: PolicyOutcome;
  /** With the settings as they are now, and all rules. */
  readonly after: PolicyOutcome;
  /** Why, under the changed policy. */
  readonly because: readonly string[];
  /** How often it was asked for. */
  readonly times: number;
};

export type HistoryReport = {
  readonly sessions: number;
  readonly commands: number;
  /** Most frequent first. */
  readonly changes: readonly HistoryChange[];
};

/**
 * Replays a changed policy over the commands of past sessions. The same functions decide as when a command really runs.
 * Nothing runs. Throws `config_invalid` for broken rules.
 */
export async function explainHistory(request: HistoryRequest, signal: AbortSignal): Promise<HistoryReport> {
  const { config } = request;
  const { policy } = await loadRuleBook(ruleFolders(config), signal);
  const changed = createPolicy(combineRules([policy.rules, await addedRules(request.rules, signal)]));
  const changes = new Map<string, HistoryChange>();
  const seen = new Set<string>();
  let sessions = 0;
  for await (const lines of request.sessions) {
    signal.throwIfAborted();
    sessions += 1;
    for (const command of listCommands(lines)) {
      // a forked session holds its source's commands again
      const key = `${command.timestamp} ${command.call_id}`;
      if (seen.has(key) || findPatchInCommand(command.argv).type !== "none") continue;
      seen.add(key);
      const before = judge(command, command.under, { policy, config });
      const after = judge(command, config.settings, { policy: changed, config });
      if (outcomeOf(before) !== outcomeOf(after)) addChange(changes, changeOf(command, before, after));
    }
  }
  const sorted = [...changes.values()].sort((left, right) => right.times - left.times);
  return { sessions, commands: seen.size, changes: sorted };
}

async function addedRules(files: readonly string[], signal: AbortSignal) {
  const loaded = await loadPolicyFiles(files, signal);
  if (loaded.type === "loaded") return loaded.policy.rules;
  const problems = loaded.problems.map((problem) => `\n  ${describeProblem(problem)}`).join("");
  throw new CodexError("config_invalid", `the rules cannot be used:${problems}`);
}

function judge(
  { argv, cwd, permissions }: PastCommand,
  mode: Mode,
  { policy, config }: { readonly policy: Policy; readonly config: Config },
): Verdict {
  const action = { type: "exec", argv, cwd, tty: false, environment_id: "direct", permissions } as const;
  return assessExec(action, mode, { rules: policy, repository: repositoryOf(config), earlier: [] });
}

function outcomeOf(verdict: Verdict): PolicyOutcome {
  switch (verdict.type) {
    case "allow":
      return verdict.confined ? "runs inside" : "runs outside";
    case "ask":
      return "asks";
    case "forbid":
      return "refuses";
    default:
      return verdict satisfies never;
  }
}

function changeOf({ argv, cwd }: PastCommand, before: Verdict, after: Verdict): HistoryChange {
  const because = after.because.map(describeReason);
  return { argv, cwd, before: outcomeOf(before), after: outcomeOf(after), because, times: 1 };
}

/** The same command in another wrapper is the same command. */
function addChange(changes: Map<string, HistoryChange>, change: HistoryChange): void {
  const key = JSON.stringify([canonicalCommand(change.argv), change.before, change.after]);
  const known = changes.get(key);
  changes.set(key, known === undefined ? change : { ...known, times: known.times + 1 });
}

/** The report for a person to read. */
export function historyText({ sessions, commands, changes }: HistoryReport): string {
  const total = changes.reduce((sum, { times }) => sum + times, 0);
  const head = `${commands} commands of ${sessions} sessions: ${total} would be decided differently now\n`;
  const entries = changes.flatMap(({ argv, cwd, before, after, because, times }) => [
    `\n${before} → ${after}  ${times}×  ${joinWords(argv)}\n`,
    `  in        ${cwd}\n`,
    ...because.map((reason, index) => `  ${index === 0 ? "because" : "       "}   ${reason}\n`),
  ]);
  return [head, ...entries].join("");
}
