import type { Config } from "@codex/config";
import type { ApprovalPolicy } from "@codex/protocol";
import type { SessionConsents } from "./consents.js";
import { createConsents } from "./consents.js";
import type { CommandFacts } from "./exec.js";
import { loadRuleBook, ruleFolders } from "./rule-book.js";
import { createApprovals } from "./standard.js";

export type SessionApprovals = { readonly approvals: ApprovalPolicy; readonly consents: SessionConsents };

/** The approvals of one session, over the rules of system, user and trusted project. Throws `config_invalid`. */
export async function openApprovals(config: Config, signal: AbortSignal): Promise<SessionApprovals> {
  const book = await loadRuleBook(ruleFolders(config), signal);
  const consents = createConsents(book);
  const approvals = createApprovals({
    rules: () => book.policy,
    earlier: () => consents.earlier,
    repository: repositoryOf(config),
  });
  return { approvals, consents };
}

/** Whoever trusts a project lets its configuration start programs, and git's is part of it. */
export function repositoryOf({ project }: Pick<Config, "project">): CommandFacts["repository"] {
  return project.trust === "trusted" ? "trusted" : "unknown";
}
