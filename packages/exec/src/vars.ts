/** `[shell_environment_policy]`: which variables a command inherits (exec.md §5.1). */
export type ShellEnvironmentPolicy = {
  readonly inherit: "all" | "core" | "none";
  /** False: names with KEY, SECRET or TOKEN in them are dropped. */
  readonly ignore_default_excludes: boolean;
  /** Whole names, any case, with `*` and `?`. */
  readonly exclude: readonly string[];
  readonly set: Readonly<Record<string, string>>;
  /** Empty: everything; else only what matches one of these. */
  readonly include_only: readonly string[];
};

export const DEFAULT_SHELL_ENVIRONMENT: ShellEnvironmentPolicy = {
  inherit: "all",
  ignore_default_excludes: true,
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
  /** Wins over everything: see `forcedVars`. */
  readonly forced?: Readonly<Record<string, string>>;
};

const CORE = "PATH SHELL TMPDIR TEMP TMP HOME LANG LC_ALL LC_CTYPE LOGNAME USER".split(" ");
const DEFAULT_EXCLUDES = ["*KEY*", "*SECRET*", "*TOKEN*"];
/** What Codex itself logs in with: a command could spend it or send it away. `set` brings one back. */
const CREDENTIALS = ["OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN"];
/** Never passed on, not even by `set` (exec.md §5.1). */
const NEVER = ["OPENAI_FEDERATION_RULE_ID", "OPENAI_IDENTITY_TOKEN_FILE"];
/** They change how the loader starts every program (exec.md §4.8). `set` brings one back. */
const LOADER = ["LD_*", "DYLD_*"];

/** The whole environment of a command: inherit, exclude, set, include_only, forced (exec.md §5.1). */
export function childVars(options: ChildVarsOptions): Record<string, string> {
  const { policy, inherited } = options;
  const dropped = [
    ...LOADER,
    ...CREDENTIALS,
    ...(options.credentials ?? []),
    ...(policy.ignore_default_excludes ? [] : DEFAULT_EXCLUDES),
    ...policy.exclude,
  ];
  const isDropped = matcher(dropped);
  const start = Object.entries(inherited).filter(([name]) => isInherited(name, policy.inherit) && !isDropped(name));
  const all = [...start, ...Object.entries(policy.set)];
  const included = policy.include_only.length === 0 ? () => true : matcher(policy.include_only);
  const never = matcher(NEVER);
  const vars: Record<string, string> = {};
  for (const [name, value] of all) {
    if (value !== undefined && isPassable(name, value) && included(name) && !never(name)) vars[name] = value;
  }
  return { ...vars, ...options.forced };
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
function isPassable(name: string, value: string): boolean {
  return name !== "" && !name.includes("=") && !name.includes("\0") && !value.includes("\0");
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const source = pattern
      .replace(/[\\^$.+()[\]{}|]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return new RegExp(`^${source}$`, "is");
  });
  return (name) => expressions.some((expression) => expression.test(name));
}
