import { strictest, type Decision } from "./decision.js";
import { matchPrefix, type HostExecutable, type NetworkRule, type PrefixRule, type Rules } from "./rule.js";

/** A rule that matched, and with which words. */
export type RuleMatch = {
  readonly rule: PrefixRule;
  /** The words as the rule has them: the program by its bare name when a path stands in for it. */
  readonly matched: readonly string[];
  /** The absolute path that stands in for the rule's bare program name. */
  readonly resolvedProgram?: string;
};

export type EvaluateOptions = {
  /** Let `/usr/bin/git` match rules for `git` (exec.md §2.2). */
  readonly resolveHostExecutables: boolean;
};

/** Rules made ready for asking. Immutable; make another one to change it. */
export interface Policy {
  readonly rules: Rules;
  /** Every rule that matches this one argument vector, in the order of the files. */
  evaluate(argv: readonly string[], options: EvaluateOptions): readonly RuleMatch[];
}

export function createPolicy(rules: Rules): Policy {
  const byProgram = indexByProgram(rules.prefixes);
  const hosts = new Map<string, HostExecutable>(rules.hosts.map((host) => [host.name, host]));
  return {
    rules,
    evaluate(argv, options) {
      const [program] = argv;
      if (program === undefined) return [];
      const exact = matchesOf(byProgram.get(program) ?? [], argv);
      if (exact.length > 0 || !options.resolveHostExecutables || !program.startsWith("/")) return exact;
      const name = program.slice(program.lastIndexOf("/") + 1);
      const host = hosts.get(name);
      if (host !== undefined && !host.paths.includes(program)) return [];
      const bare = [name, ...argv.slice(1)];
      return matchesOf(byProgram.get(name) ?? [], bare).map((match) => ({ ...match, resolvedProgram: program }));
    },
  };
}

/** Several sets of rules as one; later ones come after, and their definitions of a host executable win. */
export function combineRules(sets: readonly Rules[]): Rules {
  return {
    prefixes: sets.flatMap((rules): readonly PrefixRule[] => rules.prefixes),
    hosts: sets.flatMap((rules): readonly HostExecutable[] => rules.hosts),
    networks: sets.flatMap((rules): readonly NetworkRule[] => rules.networks),
  };
}

export function decisionOf(matches: readonly RuleMatch[]): Decision | undefined {
  return strictest(matches.map((match) => match.rule.decision));
}

function indexByProgram(rules: readonly PrefixRule[]): ReadonlyMap<string, readonly PrefixRule[]> {
  const index = new Map<string, PrefixRule[]>();
  for (const rule of rules) {
    for (const program of new Set(rule.pattern[0])) {
      const entry = index.get(program);
      if (entry === undefined) index.set(program, [rule]);
      else entry.push(rule);
    }
  }
  return index;
}

function matchesOf(rules: readonly PrefixRule[], argv: readonly string[]): readonly RuleMatch[] {
  return rules.flatMap((rule) => {
    const matched = matchPrefix(rule, argv);
    return matched === undefined ? [] : [{ rule, matched }];
  });
}
