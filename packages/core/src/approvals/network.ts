import type { NetworkProtocol, NetworkRule } from "@codex/execpolicy";
import { amendmentLine, isNetworkProtocol, matchNetwork, NETWORK_PROTOCOLS, normaliseHost } from "@codex/execpolicy";
import type { Action, Because, Consultation, NetworkPolicyAmendment, Verdict } from "@codex/protocol";
import { allowsNetwork } from "@codex/protocol";
import type { Mode } from "./asking.js";
import { homePlace, silence } from "./asking.js";

export type NetworkAction = Extract<Action, { readonly type: "network" }>;

type Target = { readonly host: string; readonly protocol: NetworkProtocol };

/**
 * May a tool reach this host by itself? Rules decide, the strictest first; without one the network of the sandbox
 * policy does (exec.md §2.1, §3.9). A yes is for the host alone: whatever else the tool does stays where it would be.
 */
export function assessNetwork(action: NetworkAction, mode: Mode, rules: readonly NetworkRule[]): Verdict {
  const target = targetOf(action);
  if (typeof target === "string") return { type: "forbid", because: [{ layer: "network", text: target }] };
  const rule = matchNetwork(rules, target.host, target.protocol);
  if (rule !== undefined) return followed(rule, target, mode);
  const state = allowsNetwork(mode.sandbox_policy) ? "on" : "off";
  const because: Because = { layer: "mode", text: `the network is ${state} under ${mode.sandbox_policy.type}` };
  if (state === "on") return allowed([because], mode);
  const muted = silence(mode.approval_policy, "sandbox_approval");
  if (muted === undefined) return asked([because], offer(target, ["allow", "deny"]), mode);
  const { line } = amendmentLine({ type: "network", ...target, decision: "allow" });
  const remedy = line === undefined ? {} : { allow_with: `${line} in rules/default.rules` };
  return { type: "forbid", because: [because, muted], ...remedy };
}

/** One spelling per host, as rules have it; a text: what is wrong with it. */
export function targetOf({ host, protocol }: NetworkAction): Target | string {
  const normalised = normaliseHost(host);
  if (normalised.type === "failed") return normalised.message;
  if (isNetworkProtocol(protocol)) return { host: normalised.host, protocol };
  return `unknown protocol ${JSON.stringify(protocol)}, known are ${NETWORK_PROTOCOLS.join(", ")}`;
}

function followed(rule: NetworkRule, target: Target, mode: Mode): Verdict {
  const { decision, justification, position } = rule;
  const { file, line } = position;
  const text = justification ?? `${WORDS[decision]} ${target.host}`;
  const because: Because = { layer: "rules", text, ...(line === 0 ? {} : { file, line }) };
  if (decision === "allow") return allowed([because], mode);
  const remedy = line === 0 ? "a new session" : `change or remove the rule at ${file}:${line}`;
  if (decision === "forbidden") return { type: "forbid", because: [because], allow_with: remedy };
  const muted = silence(mode.approval_policy, "rules");
  if (muted !== undefined) return { type: "forbid", because: [because, muted], allow_with: remedy };
  // an allow rule would change nothing: the stricter one still asks
  return asked([because], offer(target, ["deny"], justification), mode);
}

const WORDS = {
  allow: "a rule allows",
  prompt: "a rule asks before",
  forbidden: "a rule refuses",
} as const satisfies Record<NetworkRule["decision"], string>;

function allowed(because: readonly Because[], { sandbox_policy }: Mode): Verdict {
  return { type: "allow", confined: homePlace(sandbox_policy) === "confined", because };
}

function asked(because: readonly Because[], consultation: Consultation, { sandbox_policy }: Mode): Verdict {
  return { type: "ask", then: homePlace(sandbox_policy), because, ...consultation };
}

/** The reason's marker is from exec.md §3.7. */
function offer(
  { host }: Target,
  actions: readonly NetworkPolicyAmendment["action"][],
  justification?: string,
): Consultation {
  const reason = justification ?? `Network access to "${host}" is blocked by policy.`;
  return { reason, grants: [], hosts: actions.map((action) => ({ host, action })) };
}
