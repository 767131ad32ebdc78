import { strictest } from "./decision.js";
import { NETWORK_PROTOCOLS, type NetworkProtocol, type NetworkRule } from "./rule.js";

export function isNetworkProtocol(name: string): name is NetworkProtocol {
  return NETWORK_PROTOCOLS.some((protocol) => protocol === name);
}

export type NormalisedHost =
  { readonly type: "host"; readonly host: string } | { readonly type: "failed"; readonly message: string };

/** One spelling per host: lower case, no port, no brackets, no trailing dot (exec.md §2.1). No wildcards. */
export function normaliseHost(text: string): NormalisedHost {
  const trimmed = text.trim();
  const failed = (message: string): NormalisedHost => ({ type: "failed", message: `host ${message}` });
  if (trimmed === "") return failed("is empty");
  if (/[\s\p{Cc}]/u.test(trimmed)) return failed("contains white space or a control character");
  if (trimmed.includes("://")) return failed("contains a scheme; write only the name");
  if (/[/\\?#@]/.test(trimmed)) return failed("contains a path, a query, a fragment or a user name");
  if (trimmed.includes("*")) return failed("contains a wildcard");
  const bracketed = /^\[(?<address>[^[\]]+)\](?::\d+)?$/.exec(trimmed)?.groups?.["address"];
  if (bracketed === undefined && /[[\]]/.test(trimmed)) return failed("has brackets that are not around an address");
  const host = (bracketed ?? withoutPort(trimmed)).replace(/\.+$/, "").toLowerCase();
  return host === "" ? failed("is empty") : { type: "host", host };
}

/** An address of IPv6 has several colons and no port unless it stands in brackets. */
function withoutPort(text: string): string {
  return /^[^:]*:\d+$/.test(text) ? text.slice(0, text.indexOf(":")) : text;
}

/**
 * The rule that decides about a host: the strictest for this protocol, the last among equals. A refusal counts under
 * any protocol (exec.md §2.1: one list of refused hosts). So no later file, of a project for example, lifts what an
 * earlier one refuses. `undefined`: no rule speaks of it.
 */
export function matchNetwork(
  rules: readonly NetworkRule[],
  host: string,
  protocol: NetworkProtocol,
): NetworkRule | undefined {
  const normalised = normaliseHost(host);
  if (normalised.type === "failed") return undefined;
  const matching = rules.filter(
    (rule) => rule.host === normalised.host && (rule.protocol === protocol || rule.decision === "forbidden"),
  );
  const decision = strictest(matching.map((rule) => rule.decision));
  return matching.findLast((rule) => rule.decision === decision);
}

/** Hosts by name alone, for a proxy: the last allow or refusal of a host counts, a prompt changes nothing. */
export function networkDomains(rules: readonly NetworkRule[]): {
  readonly allowed: readonly string[];
  readonly denied: readonly string[];
} {
  const last = new Map<string, NetworkRule>();
  for (const rule of rules) if (rule.decision !== "prompt") last.set(rule.host, rule);
  const hosts = (decision: string) => [...last.values()].filter((rule) => rule.decision === decision);
  return {
    allowed: hosts("allow").map((rule) => rule.host),
    denied: hosts("forbidden").map((rule) => rule.host),
  };
}
