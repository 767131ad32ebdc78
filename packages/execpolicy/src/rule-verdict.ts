import type { Because } from "@codex/protocol";
import { strictest, type Decision } from "./decision.js";
import { hazardsOf, type Hazard } from "./hazards.js";
import { findDanger } from "./dangerous.js";
import { createPolicy, type Policy, type RuleMatch } from "./policy.js";
import { baseName, readWrapper, systemProgram } from "./shell/wrapper.js";
import { joinWords } from "./words.js";

/** What the rules say about one argument vector. */
export type RuleVerdict = {
  /** `undefined`: no rule speaks of it, or none that may be followed. */
  readonly decision: Decision | undefined;
  /** The matches that count. */
  readonly matches: readonly RuleMatch[];
  /** For each match its reason, and for each allow rule that does not reach far enough why not. */
  readonly because: readonly Because[];
};

/**
 * Asks the rules, the strictest winning. Refusals and questions reach every path to the program. An allow rule is
 * followed only as far as its own words go: it covers no path outside the system's folders that no rule names, no
 * danger and no running or writing option that it does not itself show, and no arguments after a shell's script.
 */
export function askRules(policy: Policy, argv: readonly string[]): RuleVerdict {
  const counted: RuleMatch[] = [];
  const because: Because[] = [];
  for (const match of matchesOf(policy, argv)) {
    const limit = match.rule.decision === "allow" ? limitOf(policy, match, argv) : undefined;
    if (limit === undefined) counted.push(match);
    because.push(limit === undefined ? reasonOf(match) : { ...reasonOf(match), text: limit });
  }
  return { decision: strictest(counted.map((match) => match.rule.decision)), matches: counted, because };
}

/** Only refusals and questions: for commands of which it is not certain that they run. */
export function askStrictRules(policy: Policy, argv: readonly string[]): RuleVerdict {
  const matches = matchesOf(policy, argv).filter((match) => match.rule.decision !== "allow");
  const decision = strictest(matches.map((match) => match.rule.decision));
  return { decision, matches, because: matches.map(reasonOf) };
}

/** Whether a new rule of these words would be followed for this command. */
export function wouldAllow(pattern: readonly string[], argv: readonly string[]): boolean {
  const position = { file: "", line: 0, column: 0 };
  const words = pattern.map((word) => [word]);
  const rule = { pattern: words, decision: "allow", match: [], notMatch: [], position } as const;
  return askRules(createPolicy({ prefixes: [rule], hosts: [], networks: [] }), argv).decision === "allow";
}

function matchesOf(policy: Policy, argv: readonly string[]): readonly RuleMatch[] {
  const [program = "", ...rest] = argv;
  const matches = policy.evaluate(argv, { resolveHostExecutables: true });
  if (!program.includes("/")) return matches;
  const strict = policy
    .evaluate([baseName(program), ...rest], { resolveHostExecutables: false })
    .filter(({ rule }) => rule.decision !== "allow" && !matches.some((match) => match.rule === rule))
    .map((match) => ({ ...match, resolvedProgram: program }));
  return [...matches, ...strict];
}

function reasonOf({ rule, matched }: RuleMatch): Because {
  const verb = { allow: "allows", prompt: "asks before", forbidden: "forbids" }[rule.decision];
  const text = `a rule ${verb} commands starting with ${joinWords(matched)}`;
  const { file, line } = rule.position;
  return {
    layer: "rules",
    text: rule.justification === undefined ? text : `${text}: ${rule.justification}`,
    file,
    line,
    matched,
  };
}

/** Why an allow rule does not cover this command; `undefined` when it does. */
function limitOf(policy: Policy, match: RuleMatch, argv: readonly string[]): string | undefined {
  const { matched, resolvedProgram } = match;
  const name = joinWords(matched);
  if (resolvedProgram !== undefined && systemProgram(resolvedProgram) === undefined) {
    const isListed = policy.rules.hosts.some((host) => host.paths.includes(resolvedProgram));
    if (!isListed) return `the rule for ${name} does not cover ${resolvedProgram}, which no host_executable names`;
  }
  if (readWrapper(matched) !== undefined && argv.length > matched.length) {
    return "the rule for this script does not cover arguments after it";
  }
  const danger = findDanger(argv);
  if (danger !== undefined && findDanger(matched)?.kind !== danger.kind) {
    return `the rule for ${name} does not cover that the command ${danger.text}`;
  }
  const shown = hazardsOf(matched);
  const hidden = hazardsOf(argv).find((hazard) => !shown.some((each) => isSame(each, hazard)));
  return hidden === undefined ? undefined : `the rule for ${name} does not cover that the command ${hidden.text}`;
}

function isSame(left: Hazard, right: Hazard): boolean {
  return left.effect === right.effect && left.text === right.text;
}
