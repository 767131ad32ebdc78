/**
 * What a command may touch (core.md §1.3, exec.md §4.2). Wire shape.
 *
 * | field | absent | empty | filled |
 * | --- | --- | --- | --- |
 * | `writable_roots` | – (required) | only cwd, `/tmp`, `$TMPDIR` | these roots too |
 * | `read-only.network_access` | no network | – | as said |
 */
export type SandboxPolicy =
  | { readonly type: "danger-full-access" }
  | { readonly type: "read-only"; readonly network_access?: boolean }
  | { readonly type: "external-sandbox"; readonly network_access: "restricted" | "enabled" }
  | {
      readonly type: "workspace-write";
      readonly writable_roots: readonly string[];
      readonly network_access: boolean;
      readonly exclude_tmpdir_env_var: boolean;
      readonly exclude_slash_tmp: boolean;
    };

/** The value of `sandbox_mode` and `--sandbox`. */
export type SandboxMode = "read-only" | "workspace-write" | "danger-full-access" | "external-sandbox";

/** When a human is asked (core.md §1.3). `on-failure` is read and treated as `on-request`. */
export type AskForApproval =
  | "untrusted"
  | "on-failure"
  | "on-request"
  | "never"
  | {
      readonly granular: {
        readonly sandbox_approval: boolean;
        readonly rules: boolean;
        readonly skill_approval?: boolean;
        readonly request_permissions?: boolean;
        readonly mcp_elicitations: boolean;
      };
    };

/** A guarantee that the user may consent to do without where the kernel cannot give it (house.md §11). */
export type OptionalGuarantee = "protected-metadata";

/**
 * A policy with every path resolved against one directory, ready to enforce.
 * All paths are absolute and canonical (symlinks resolved) where they exist.
 */
export type ResolvedPolicy = {
  readonly policy: SandboxPolicy;
  /** The directory the roots were resolved against: the session's, never a command's. */
  readonly cwd: string;
  /** Ordered shallow to deep. Empty: nothing is writable. */
  readonly writable: readonly WritableRoot[];
  /** Not even readable. Empty: everything is readable. */
  readonly denied: readonly string[];
  /**
   * Well-known secrets that exist: unreadable too, but nobody named them, so consent may lead out of the sandbox and a
   * kernel that cannot hide them is used all the same, with a word about it. Absent: none are hidden.
   */
  readonly secrets?: readonly string[];
  /** True when the host's network is reachable. */
  readonly network: boolean;
  /** Guarantees that may be missing by explicit consent. Empty: none. */
  readonly allow_missing: readonly OptionalGuarantee[];
};

/** A writable tree and what stays read-only inside it, whether that exists yet or not. */
export type WritableRoot = { readonly root: string; readonly read_only: readonly string[] };

/** Are commands confined by us under this policy? */
export function isConfined(policy: SandboxPolicy): boolean {
  return policy.type === "read-only" || policy.type === "workspace-write";
}

/** Is the host's network reachable under this policy? */
export function allowsNetwork(policy: SandboxPolicy): boolean {
  switch (policy.type) {
    case "danger-full-access":
      return true;
    case "external-sandbox":
      return policy.network_access === "enabled";
    case "read-only":
    case "workspace-write":
      return policy.network_access === true;
    default:
      return policy satisfies never;
  }
}

/**
 * Is a folder of this mode the empty stand-in that a sandbox shows in the place of a missing `.git`, `.codex` or
 * `.agents` while a command runs? It marks no repository. Bits that a folder inherits from the one above do not count.
 */
export function isStandIn(mode: number): boolean {
  return (mode & 0o1777) === 0o1555;
}
