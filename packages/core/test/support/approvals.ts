import type { Policy, Rules } from "@codex/execpolicy";
import { amendmentLine, combineRules, createPolicy, readRules } from "@codex/execpolicy";
import type { ApprovalPolicy } from "@codex/protocol";
import { createConsents } from "../../src/approvals/consents.js";
import type { SessionConsents } from "../../src/approvals/consents.js";
import type { RuleBook } from "../../src/approvals/rule-book.js";
import { createApprovals } from "../../src/approvals/standard.js";

export type TestApprovals = {
  readonly approvals: ApprovalPolicy;
  readonly consents: SessionConsents;
  readonly book: RuleBook;
  /** Prefixes that were kept, as lines of a rules file. */
  readonly kept: readonly string[];
};

/** The approvals of a session over the text of a rules file; what is kept stays in memory. */
export function testApprovals(rules = "", options: { readonly repository?: "trusted" } = {}): TestApprovals {
  return approvalsOver(createPolicy(parse(rules, "/home/rules/test.rules")), options);
}

function parse(text: string, file: string): Rules {
  const parsed = readRules(text, file);
  if (parsed.type === "failed") throw new Error(parsed.problem.message);
  return parsed.rules;
}

/** The same over rules that were read before. */
export function approvalsOver(start: Policy, options: { readonly repository?: "trusted" } = {}): TestApprovals {
  const kept: string[] = [];
  let policy = start;
  const book: RuleBook = {
    get policy() {
      return policy;
    },
    files: [],
    allowPrefix(pattern) {
      const { line } = amendmentLine({ type: "prefix", pattern });
      if (line === undefined) return Promise.resolve("it cannot be written");
      kept.push(line);
      policy = createPolicy(combineRules([policy.rules, parse(line, "/home/rules/default.rules")]));
      return Promise.resolve(undefined);
    },
    ruleHost({ host }, decision) {
      const { line } = amendmentLine({ type: "network", host, protocol: "https", decision });
      if (line === undefined) return Promise.resolve("it cannot be written");
      kept.push(line);
      policy = createPolicy(combineRules([policy.rules, parse(line, "/home/rules/default.rules")]));
      return Promise.resolve(undefined);
    },
  };
  const consents = createConsents(book);
  const approvals = createApprovals({
    rules: () => book.policy,
    earlier: () => consents.earlier,
    repository: options.repository ?? "unknown",
  });
  return { approvals, consents, book, kept };
}
