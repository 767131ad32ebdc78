import type { WithheldVars } from "@codex/protocol";

/** `[shell_environment_policy]`: which variables a command inherits (exec.md §5.1). */
export type ShellEnvironmentPolicy = {
  readonly inherit: "all" | "core" | "none";
  /** False: names with KEY, SECRET or TOKEN in them are dropped. Absent: as `ChildVarsOptions.secrets` says. */
  readonly ignore_default_excludes?: boolean;
  /** Whole names, any case, with `*` and `?`. */
  readonly exclude: readonly string[];
  readonly set: Readonly<Record<string, string>>;
  /** Empty: everything; else only what matches one of these. */
  readonly include_only: readonly string[];
};

export const DEFAULT_SHELL_ENVIRONMENT: ShellEnvironmentPolicy = {
  inherit: "all",
  exclude: [],
  set: {},
  include_only: [],
};

export type ChildVarsOptions = {
  /** Our own environment. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
  readonly policy: ShellEnvironmentPolicy;
  /** More names whose values are credentials: the `env_key` of each model provider. */
  readonly credentials?: readonly string[];
  /** Names that look like secrets, where the policy leaves it open. Default: `passed`. */
  readonly secrets?: "withheld" | "passed";
  /** Wins over everything: see `forcedVars`. */
  readonly forced?: Readonly<Record<string, string>>;
};

const CORE = "PATH SHELL TMPDIR TEMP TMP HOME LANG LC_ALL LC_CTYPE LOGNAME USER".split(" ");
const DEFAULT_EXCLUDES = ["*KEY*", "*SECRET*", "*TOKEN*"];
const PASS_SECRETS = "shell_environment_policy.ignore_default_excludes=true";
/** What Codex itself logs in with: a command could spend it or send it away. `set` brings one back. */
const CREDENTIALS = ["OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN"];
/** Never passed on, not even by `set` (exec.md §5.1). */
const NEVER = ["OPENAI_FEDERATION_RULE_ID", "OPENAI_IDENTITY_TOKEN_FILE"];
/** They change how the loader starts every program (exec.md §4.8). `set` brings one back. */
const LOADER = ["LD_*", "DYLD_*"];

/** The whole environment of a command: inherit, exclude, set, include_only, forced (exec.md §5.1). */
export function childVars(options: ChildVarsOptions): Record<string, string> {
  const { policy, inherited } = options;
  const isDropped = matcher([...LOADER, ...logins(options), ...excludes(options), ...policy.exclude]);
  const start = Object.entries(inherited).filter(([name]) => isInherited(name, policy.inherit) && !isDropped(name));
  const all = [...start, ...Object.entries(policy.set)];
  const included = policy.include_only.length === 0 ? () => true : matcher(policy.include_only);
  const never = matcher(NEVER);
  const vars: Record<string, string> = {};
  for (const [name, value] of all) {
    if (isPassable(name, value) && included(name) && !never(name)) vars[name] = value;
  }
  return { ...vars, ...options.forced };
}

/** What commands do not get although nobody excluded it, by the setting that passes it on. */
export function withheldVars(options: ChildVarsOptions): readonly WithheldVars[] {
  const { policy, inherited } = options;
  const isOut = matcher([...LOADER, ...NEVER, ...policy.exclude]);
  const isIn = policy.include_only.length === 0 ? () => true : matcher(policy.include_only);
  const names = Object.keys(inherited)
    .filter((name) => isPassable(name, inherited[name]) && isInherited(name, policy.inherit))
    .filter((name) => isIn(name) && !isOut(name) && !(name in policy.set))
    .sort();
  const isLogin = matcher(logins(options));
  const isSecret = matcher(excludes(options));
  const groups = [
    { names: names.filter((name) => isSecret(name) && !isLogin(name)), allow_with: PASS_SECRETS },
    { names: names.filter(isLogin), allow_with: "shell_environment_policy.set" },
  ];
  return groups.filter((group) => group.names.length > 0);
}

function logins({ credentials = [] }: ChildVarsOptions): readonly string[] {
  return [...CREDENTIALS, ...credentials];
}

function excludes({ policy, secrets }: ChildVarsOptions): readonly string[] {
  return (policy.ignore_default_excludes ?? secrets !== "withheld") ? [] : DEFAULT_EXCLUDES;
}

export type ForcedVarsOptions = {
  /** True when the command reaches the network. */
  readonly network: boolean;
  readonly session_id?: string;
};

/** What every command gets: no colours, no pagers, one locale; and what it may want to know (core.md §4.6, §4.7). */
export function forcedVars(options: ForcedVarsOptions): Record<string, string> {
  return {
    NO_COLOR: "1",
    TERM: "dumb",
    LANG: "C.UTF-8",
    LC_CTYPE: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    COLORTERM: "",
    PAGER: "cat",
    GIT_PAGER: "cat",
    GH_PAGER: "cat",
    CODEX_CI: "1",
    ...(options.network ? {} : { CODEX_SANDBOX_NETWORK_DISABLED: "1" }),
    ...(options.session_id === undefined ? {} : { CODEX_THREAD_ID: options.session_id }),
  };
}

function isInherited(name: string, inherit: ShellEnvironmentPolicy["inherit"]): boolean {
  switch (inherit) {
    case "all":
      return true;
    case "core":
      return CORE.includes(name.toUpperCase());
    case "none":
      return false;
    default:
      return inherit satisfies never;
  }
}

/** A variable with a NUL or without a name would keep every command from starting. */
function isPassable(name: string, value: string | undefined): value is string {
  return value !== undefined && name !== "" && !name.includes("=") && !name.includes("\0") && !value.includes("\0");
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.length === 0) return () => false;
  const sources = patterns.map((pattern) =>
    pattern
      .replace(/[\\^$.+()[\]{}|]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", "."),
  );
  const expression = new RegExp(`^(?:${sources.join("|")})$`, "is");
  return (name) => expression.test(name);
}
