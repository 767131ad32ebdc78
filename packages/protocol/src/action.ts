import type { FileChange } from "./items.js";

/** Something that needs permission. */
export type Action =
  | {
      readonly type: "exec";
      readonly argv: readonly string[];
      readonly cwd: string;
      /** The shell text, when `argv` wraps one. */
      readonly script?: string;
      readonly tty: boolean;
      readonly environment_id: string;
      readonly permissions: "default" | "additional" | "escalated";
      readonly justification?: string;
      readonly prefix_rule?: readonly string[];
    }
  | { readonly type: "patch"; readonly changes: Readonly<Record<string, FileChange>> }
  | {
      readonly type: "mcp_call";
      readonly server: string;
      readonly tool: string;
      /** What the server says of its tool; absent: nothing. */
      readonly hints: { readonly read_only?: boolean; readonly destructive?: boolean; readonly open_world?: boolean };
    }
  /** A tool reaches a host by itself. Commands do not: their sandbox has the network or has not. */
  | ({ readonly type: "network" } & NetworkTarget);

/** `protocol`: http, https, socks5_tcp or socks5_udp. */
export type NetworkTarget = { readonly host: string; readonly protocol: string };

/** May it run, and why. */
export type Verdict = { readonly because: readonly Because[] } & (
  | {
      readonly type: "allow";
      readonly confined: boolean;
      /** The person may be asked this once the sandbox has refused it; absent: the refusal is reported. */
      readonly retry?: Consultation;
    }
  | ({
      readonly type: "ask";
      readonly then: "confined" | "direct";
      /** The answer yes also covers an attempt outside the sandbox, should the sandbox refuse it. */
      readonly retry?: "consented";
    } & Consultation)
  | { readonly type: "forbid"; readonly allow_with?: string }
);

/** What a question to the person carries. */
export type Consultation = {
  /** One sentence, where a rule, a danger or the model itself gives one. */
  readonly reason?: string;
  readonly grants: readonly Grant[];
  /** The rule that is proposed first; absent: none may be. */
  readonly amendment?: readonly string[];
  /** Rules about a host that would have an effect; absent: none. */
  readonly hosts?: readonly NetworkPolicyAmendment[];
};

/** Where a reason comes from. */
export type Layer = "mode" | "rules" | "safety" | "sandbox" | "filesystem" | "network" | "hook" | "user" | "trust";

export type Because = {
  readonly layer: Layer;
  /** One sentence for a person. */
  readonly text: string;
  readonly file?: string;
  readonly line?: number;
  readonly matched?: readonly string[];
};

export type Grant = {
  readonly width: "exact" | "subcommand" | "prefix";
  readonly pattern: readonly string[];
  readonly would_have_matched: number;
};

/** A rule about a host (core.md §1.7). */
export type NetworkPolicyAmendment = { readonly host: string; readonly action: "allow" | "deny" };

/** The sandbox said no. */
export type Denial = {
  readonly layer: Layer;
  /** The path or host, when it is known. */
  readonly target?: string;
  readonly rule?: Because;
  /** The smallest change that would allow it. */
  readonly allow_with?: string;
  /** False when it was concluded from the command's own words. */
  readonly certain: boolean;
};

/** One line for people and the model: what was refused and what would allow it. */
export function describeDenial(denial: Denial): string {
  const what = denial.rule?.text ?? "the sandbox refused this";
  const target = denial.target === undefined || what.includes(denial.target) ? "" : ` (${denial.target})`;
  const remedy = denial.allow_with === undefined ? "" : `; the user can allow it with ${denial.allow_with}`;
  const certainty = denial.certain ? "" : "probably: ";
  return `${certainty}${what}${target}${remedy}`;
}
