import { joinWords, summarizeCommand } from "@codex/execpolicy";
import type {
  Action,
  Because,
  CallId,
  Consents,
  Consultation,
  NetworkPolicyAmendment,
  NetworkTarget,
  ReviewDecision,
  TurnContext,
} from "@codex/protocol";
import { truncateMiddle } from "../prompt/truncate.js";
import { TurnAborted } from "../turn/aborted.js";
import type { NetworkAction } from "./network.js";
import { targetOf } from "./network.js";
import { askAboutTool } from "./tool-question.js";

export type ConsultParts = {
  readonly turn: TurnContext;
  readonly call_id: CallId;
  readonly consents: Consents;
  /** A rule was kept because the person said so: what the model is told of it. */
  readonly announceRule: (text: string) => void;
  /** Ends the whole turn: the person's answer `abort`. */
  readonly abortTurn: (reason: TurnAborted) => void;
};

/** A question, and what stands behind it. */
export type Inquiry = { readonly because: readonly Because[]; readonly offer: Consultation };

/** Tokens of a person's own words that reach the model (core.md §4.4). */
const REJECTION_LIMIT = 900;

/** Asks the person and keeps what was granted for longer than once. `undefined`: yes; else why not. */
export async function consult(action: Action, inquiry: Inquiry, parts: ConsultParts): Promise<Because | undefined> {
  const decision = await ask(action, inquiry, parts);
  if (typeof decision === "string") return settle(decision, action, parts);
  if ("denied" in decision) return no(`rejected by user: ${bounded(decision.denied.rejection)}`);
  if ("network_policy_amendment" in decision) {
    return ruleHost(decision.network_policy_amendment.network_policy_amendment, action, inquiry.offer, parts);
  }
  if (action.type !== "exec") return misplaced(parts);
  const pattern = decision.approved_execpolicy_amendment.proposed_execpolicy_amendment;
  const isWanted = isOffered(pattern, inquiry.offer);
  const problem = isWanted
    ? await parts.consents.allowPrefix(pattern, parts.turn.signal)
    : "the rule was not kept: it is none of those that were offered";
  if (isWanted) parts.announceRule(ruleText(pattern));
  if (problem !== undefined) warn(problem, parts);
  return undefined;
}

/** A rule about the host that was asked about: `allow` is a yes, `deny` a no. */
async function ruleHost(
  rule: NetworkPolicyAmendment,
  action: Action,
  { hosts = [] }: Consultation,
  parts: ConsultParts,
): Promise<Because | undefined> {
  const { host, action: choice } = rule;
  const isWanted = hosts.some((each) => each.host === host && each.action === choice);
  if (action.type !== "network" || !isWanted) return misplaced(parts);
  const problem = await parts.consents.ruleHost(action, choice, parts.turn.signal);
  parts.announceRule(
    choice === "allow"
      ? `The user now allows requests to ${host} (${action.protocol})`
      : `The user now refuses every request to ${host}`,
  );
  if (problem !== undefined) warn(problem, parts);
  return choice === "allow" ? undefined : no(`rejected by user, who refuses every request to ${host} from now on`);
}

/** An answer to some other question is no yes to this one. */
function misplaced(parts: ConsultParts): Because {
  warn("nothing was allowed or kept: the answer is none of those that were offered", parts);
  return no("rejected: the answer was none of those that were offered");
}

function warn(message: string, { turn }: ConsultParts): void {
  turn.session.emit({ type: "warning", message }, turn.id);
}

/** core.md §1.7: the model is told which prefix it need not ask about any more. */
function ruleText(pattern: readonly string[]): string {
  return `The user now allows every command that starts with: ${joinWords(pattern)}`;
}

function settle(
  decision: Extract<ReviewDecision, string>,
  action: Action,
  { consents, abortTurn }: ConsultParts,
): Because | undefined {
  switch (decision) {
    case "approved":
      return undefined;
    case "approved_for_session":
      consents.allowForSession(action);
      return undefined;
    case "denied":
      return no("rejected by user");
    case "timed_out":
      return no("rejected: nobody answered in time");
    case "abort":
      abortTurn(new TurnAborted("interrupted"));
      return no("rejected by user, who stopped the turn");
    default:
      return decision satisfies never;
  }
}

function no(text: string): Because {
  return { layer: "user", text };
}

function bounded(text: string): string {
  return truncateMiddle(text, { mode: "tokens", limit: REJECTION_LIMIT });
}

function isOffered(pattern: readonly string[], { amendment, grants }: Consultation): boolean {
  const offered = [...(amendment === undefined ? [] : [amendment]), ...grants.map((grant) => grant.pattern)];
  return offered.some((each) => JSON.stringify(each) === JSON.stringify(pattern));
}

async function ask(action: Action, inquiry: Inquiry, parts: ConsultParts): Promise<ReviewDecision> {
  const { turn, call_id } = parts;
  const { because, offer } = inquiry;
  const reason = offer.reason === undefined ? {} : { reason: offer.reason };
  const scope = { call_id, turn_id: turn.id, because, ...reason };
  switch (action.type) {
    case "exec": {
      const question = {
        ...scope,
        command: action.argv,
        cwd: action.cwd,
        parsed_cmd: summarizeCommand(action.argv),
        grants: offer.grants,
        available_decisions: decisionsFor(offer),
        ...(offer.amendment === undefined ? {} : { proposed_execpolicy_amendment: offer.amendment }),
      };
      return turn.session.ask("exec_approval", question, turn.signal);
    }
    case "patch":
      return turn.session.ask("patch_approval", { ...scope, changes: action.changes }, turn.signal);
    case "mcp_call":
      return askAboutTool(action, { reason: because.at(-1)?.text, call_id }, turn);
    case "network": {
      const question = {
        ...scope,
        command: [],
        cwd: turn.settings.cwd,
        parsed_cmd: [],
        network_approval_context: namedTarget(action),
        proposed_network_policy_amendments: offer.hosts ?? [],
        available_decisions: decisionsFor(offer),
      };
      return turn.session.ask("exec_approval", question, turn.signal);
    }
    default:
      return action satisfies never;
  }
}

function namedTarget(action: NetworkAction): NetworkTarget {
  const target = targetOf(action);
  return typeof target === "string" ? { host: action.host, protocol: action.protocol } : target;
}

function decisionsFor({ amendment, grants, hosts = [] }: Consultation): readonly ReviewDecision[] {
  const patterns = [...(amendment === undefined ? [] : [amendment]), ...grants.map((grant) => grant.pattern)];
  const distinct = [...new Map(patterns.map((pattern) => [JSON.stringify(pattern), pattern])).values()];
  const rules = distinct.map((pattern) => ({
    approved_execpolicy_amendment: { proposed_execpolicy_amendment: pattern },
  }));
  const answers = hosts.map((host) => ({ network_policy_amendment: { network_policy_amendment: host } }));
  return ["approved", "approved_for_session", ...rules, ...answers, "denied", "abort"];
}
