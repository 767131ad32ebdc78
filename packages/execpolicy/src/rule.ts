import type { Decision } from "./decision.js";
import type { Position } from "./problem.js";

/**
 * A command matches when its words begin with one word of each element, in order: no globs, no regular expressions,
 * no knowledge of options (exec.md §2.1). Each element lists its alternatives, at least one.
 */
export type PrefixRule = {
  readonly pattern: readonly (readonly string[])[];
  readonly decision: Decision;
  readonly justification?: string;
  /** The rule's own examples, each as an argument vector. */
  readonly match: readonly Example[];
  readonly notMatch: readonly Example[];
  readonly position: Position;
};

export type Example = { readonly argv: readonly string[]; readonly position: Position };

/** Absolute paths that may stand in for a bare program name. */
export type HostExecutable = {
  readonly name: string;
  readonly paths: readonly string[];
  readonly position: Position;
};

export const NETWORK_PROTOCOLS = ["http", "https", "socks5_tcp", "socks5_udp"] as const;
export type NetworkProtocol = (typeof NETWORK_PROTOCOLS)[number];

export type NetworkRule = {
  /** Normalised: lower case, no port, no brackets, no trailing dot. */
  readonly host: string;
  readonly protocol: NetworkProtocol;
  readonly decision: Decision;
  readonly justification?: string;
  readonly position: Position;
};

/** Everything one or several rules files say, in order. */
export type Rules = {
  readonly prefixes: readonly PrefixRule[];
  readonly hosts: readonly HostExecutable[];
  readonly networks: readonly NetworkRule[];
};

export const NO_RULES: Rules = { prefixes: [], hosts: [], networks: [] };

/** The command's own words that the rule matched; `undefined` when it does not match. */
export function matchPrefix(rule: PrefixRule, argv: readonly string[]): readonly string[] | undefined {
  if (argv.length < rule.pattern.length) return undefined;
  const fits = rule.pattern.every((alternatives, index) => alternatives.includes(argv[index] ?? ""));
  return fits ? argv.slice(0, rule.pattern.length) : undefined;
}
