import { createPolicy, type Policy } from "./policy.js";
import type { RulesProblem } from "./problem.js";
import type { Example, HostExecutable, PrefixRule, Rules } from "./rule.js";
import { joinWords } from "./words.js";

/**
 * Runs the examples of one file's rules, each against its own rule and the file's own host executables
 * (exec.md §2.1). In the order of the file, `not_match` before `match`; returns the first failure.
 */
export function checkExamples(rules: Rules): RulesProblem | undefined {
  for (const rule of rules.prefixes) {
    const problem = checkRule(rule, rules.hosts);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkRule(rule: PrefixRule, hosts: readonly HostExecutable[]): RulesProblem | undefined {
  if (rule.match.length === 0 && rule.notMatch.length === 0) return undefined;
  const policy = createPolicy({ prefixes: [rule], hosts, networks: [] });
  const matching = rule.notMatch.find((example) => matches(policy, example));
  if (matching !== undefined) return failure(matching, "is not expected to match", rule);
  const missing = rule.match.find((example) => !matches(policy, example));
  return missing === undefined ? undefined : failure(missing, "is expected to match", rule);
}

function matches(policy: Policy, example: Example): boolean {
  return policy.evaluate(example.argv, { resolveHostExecutables: true }).length > 0;
}

function failure(example: Example, expectation: string, rule: PrefixRule): RulesProblem {
  const { line } = rule.position;
  const message = `invalid example: \`${joinWords(example.argv)}\` ${expectation} the rule of line ${line}`;
  return { ...example.position, message };
}
