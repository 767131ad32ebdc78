import type { ShellKind } from "./shell.js";

/** What a shell has in it, each part as the shell itself prints it. */
export type ShellState = {
  /** Printed before anything was asked, and errors. */
  readonly noise: string;
  /** Exit code of its last command. */
  readonly status: string;
  /** `shopt`, `setopt`. */
  readonly options: string;
  /** `set` of bash, modules of zsh. */
  readonly more_options: string;
  readonly aliases: string;
  readonly functions: string;
  readonly attributes: string;
  readonly traps: string;
  readonly umask: string;
  /** What cannot be given to another shell: limits, descriptors. */
  readonly rest: string;
  readonly pwd: string;
  /** Declarations by name. */
  readonly declared: ReadonlyMap<string, string>;
  /** What commands get. */
  readonly exported: ReadonlyMap<string, string>;
};

/** Shells that can be asked for all of it; `sh` cannot list its functions. */
export type ListingShell = Exclude<ShellKind, "sh">;

const LIMITS = "ulimit -Sa; ulimit -Ha; echo /dev/fd/*";
/** Between functions of zsh: it takes much longer to parse them all in one text than each of them. */
export const NEXT = "\x1e";
const FUNCTIONS_OF_ZSH =
  "for codex_name in ${(ok)functions}; do functions -- $codex_name; printf '\\036\\n'; done; unset codex_name";
const ASKED: Readonly<Record<ListingShell, readonly string[]>> = {
  bash: ["shopt -p", "set +o", "alias -p", "declare -f", "declare -F", "trap -p", "umask", LIMITS, "pwd"],
  zsh: ["setopt", "zmodload -L", "alias -L; hash -dL", FUNCTIONS_OF_ZSH, ":", "trap", "umask", LIMITS, "pwd"],
};
const VARIABLES: Readonly<Record<ListingShell, string>> = {
  bash:
    "compgen -v | while IFS= read -r codex_name; do " +
    `printf '%s ' "$codex_name"; declare -p "$codex_name" 2>/dev/null; printf '\\0'; done`,
  zsh:
    "for codex_name in ${(ok)parameters}; do case $parameters[$codex_name] in *hideval*|*readonly*special*) ;; *) " +
    "case $codex_name in [A-Za-z_]*) printf '%s ' $codex_name; typeset -p $codex_name; printf '\\0';; esac;; esac; done",
};

const TEXTS = [
  "status",
  ...(["options", "more_options", "aliases", "functions", "attributes", "traps", "umask", "rest"] as const),
] as const;
/** Set by the shell itself, at each start or for each command. */
const OF_THE_SHELL = new Set(
  (
    "_ SHLVL PWD OLDPWD PPID RANDOM SRANDOM SECONDS EPOCHSECONDS EPOCHREALTIME LINENO HISTCMD PIPESTATUS FUNCNAME " +
    "DIRSTACK GROUPS SHELLOPTS BASHOPTS BASHPID BASH_ALIASES BASH_ARGC BASH_ARGV BASH_ARGV0 BASH_CMDS BASH_COMMAND " +
    "BASH_EXECUTION_STRING BASH_LINENO BASH_MONOSECONDS BASH_REMATCH BASH_SOURCE BASH_SUBSHELL BASH_VERSINFO " +
    "argv pipestatus codex_name TTYIDLE ZSH_EXECUTION_STRING"
  ).split(" "),
);

/** A script that prints the state of the shell that runs it. */
export function probeOf(kind: ListingShell): string {
  const parts = ASKED[kind].map((command) => `${command}; printf '\\0'`).join("; ");
  return `printf '\\0%s\\0' $?; ${parts}; ${VARIABLES[kind]}; printf '\\0'; exec env -0`;
}

/** Reads what the script printed; `undefined`: it did not come to its end. */
export function parseState(printed: string): ShellState | undefined {
  const [noise, status, options, more_options, aliases, functions, attributes, traps, umask, rest, pwd, ...records] =
    printed.split("\0");
  const end = records.indexOf("");
  if (end < 0 || noise === undefined || status === undefined || options === undefined || more_options === undefined)
    return undefined;
  if (aliases === undefined || functions === undefined || attributes === undefined || traps === undefined) {
    return undefined;
  }
  if (umask === undefined || rest === undefined || pwd === undefined) return undefined;
  return {
    ...{ noise, status, more_options, aliases, functions, attributes, traps, umask, rest, pwd },
    // being a login shell is what a command is to be spared
    options: options.replace(/^(?:shopt -. login_shell|login)\n/m, ""),
    declared: pairs(records.slice(0, end), " "),
    exported: pairs(records.slice(end + 1), "="),
  };
}

/** Is there no difference that a command could see? */
export function isSameState(one: ShellState, other: ShellState): boolean {
  return (
    TEXTS.every((name) => one[name] === other[name]) &&
    changes(one.declared, other.declared).size === 0 &&
    changes(one.exported, other.exported).size === 0
  );
}

/** What has to be done to the first to get the second; `undefined`: removed. */
export function changes(
  from: ReadonlyMap<string, string>,
  to: ReadonlyMap<string, string>,
): Map<string, string | undefined> {
  const names = [...new Set([...from.keys(), ...to.keys()])];
  return new Map(names.filter((name) => from.get(name) !== to.get(name)).map((name) => [name, to.get(name)]));
}

function pairs(records: readonly string[], separator: string): Map<string, string> {
  const found = records.flatMap((record) => {
    const at = record.indexOf(separator);
    const name = record.slice(0, Math.max(at, 0));
    return name === "" || OF_THE_SHELL.has(name) ? [] : [[name, record.slice(at + 1)] as const];
  });
  return new Map(found);
}
