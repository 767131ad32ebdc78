import { changes } from "./profile-state.js";
import type { ListingShell, ShellState } from "./profile-state.js";

/** The one option that differs in a zsh that was started without its files. */
const ZSH_READS_FILES = "unsetopt norcs";

/** Commands that make a shell without a profile what it would be with it. */
export type ProfileScript = {
  readonly text: string;
  /** Does it change how what follows is parsed? */
  readonly changes_syntax: boolean;
};

/** How zsh prints a function whose file has not been read. */
const NOT_LOADED = /^(\S+) \(\) \{\n\t# undefined\n\tbuiltin autoload -X(\w+)\n\}$/gm;
/** Without a process of its own for what is usual. */
const STATUS: Readonly<Record<string, string>> = { 0: "", 1: "false" };

type States = { readonly plain: ShellState; readonly login: ShellState };

/** `cleaning` runs when nothing is in place yet that could get in its way. */
export function writeProfileScript(kind: ListingShell, states: States, cleaning: string): ProfileScript {
  const { plain, login } = states;
  const { before, after } = kind === "bash" ? optionsOfBash(states) : optionsOfZsh(states);
  const functions = plain.functions === login.functions ? "" : login.functions.replace(NOT_LOADED, "autoload -$2 $1");
  // without an attribute the line would print the function
  const attributes = lines(added(plain.attributes, login.attributes)).filter((line) => !line.startsWith("declare -f "));
  const aliases = plain.aliases === login.aliases ? "" : joined(["unalias -a", login.aliases]);
  const umask = plain.umask === login.umask ? "" : `umask ${login.umask}`;
  const first = joined([before, declarations(states), functions, ...attributes, umask]);
  const last = joined([after, aliases, login.traps, STATUS[login.status] ?? `(exit ${login.status})`]);
  const is_empty = first + last === "";
  // bash only expands aliases where an option says so
  const changes_syntax = kind === "bash" ? before !== "" : aliases !== "" || after !== ZSH_READS_FILES;
  return { text: is_empty ? "" : joined([first, cleaning, last]), changes_syntax };
}

/** `shopt` says how functions are parsed; `set` would act on every command that follows. */
function optionsOfBash({ plain, login }: States) {
  return { before: added(plain.options, login.options), after: added(plain.more_options, login.more_options) };
}

function optionsOfZsh({ plain, login }: States) {
  const [off, on] = [lines(plain.options), lines(login.options)];
  const after = joined([
    ...off.filter((name) => !on.includes(name)).map((name) => `unsetopt ${name}`),
    ...on.filter((name) => !off.includes(name)).map((name) => `setopt ${name}`),
  ]);
  return { before: added(plain.more_options, login.more_options), after };
}

/** Variables that the environment cannot carry: of the shell alone, or with attributes. */
function declarations({ plain, login }: States): string {
  const wanted = [...changes(plain.declared, login.declared)].flatMap(([name, declaration]) => {
    if (declaration === undefined) return plain.exported.has(name) ? [] : [`unset ${name}`];
    // the last is the other side of a tied pair of zsh
    const is_carried = /^(?:declare -x|export) [A-Za-z_]\w*(?:=|\s*$)|^\w+ -aT /.test(declaration);
    return is_carried ? [] : [declaration];
  });
  return joined(wanted);
}

function added(plain: string, login: string): string {
  const known = new Set(lines(plain));
  return joined(lines(login).filter((line) => !known.has(line)));
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function joined(parts: readonly string[]): string {
  return parts
    .map((part) => part.trimEnd())
    .filter((part) => part !== "")
    .join("\n");
}
