/**
 * Words that mean more than "run this program with these arguments" at the start of a command: keywords of bash, dash
 * and zsh, and builtins that change how later words are read, run other text, or end the script early.
 */
const WORDS =
  // keywords
  "if then else elif fi for foreach while until do done case esac select function in time coproc repeat end " +
  // read, define and run other words
  "eval exec source . command builtin noglob nocorrect - trap alias unalias functions autoload jobs fc history bind " +
  "bindkey complete compgen compopt compdef zle sched vared zmodload emulate enable disable hash rehash unhash " +
  // variables, options, and what sets them
  "set setopt unsetopt shopt export declare typeset local readonly unset unfunction let integer float private " +
  "getopts read readarray mapfile zparseopts zstyle zformat print wait pushd popd pushln chdir ttyctl limit " +
  // what follows may not run
  "exit return break continue logout bye suspend shift fg bg disown r";

const NOT_PROGRAMS: ReadonlySet<string> = new Set(WORDS.split(" "));

/** A name that every shell takes for a program or a harmless builtin: no assignment, no number, no option. */
const NAME = /^(?=.*[A-Za-z])[A-Za-z0-9_./][A-Za-z0-9_./+-]*$/;

const STORES = /%[-+ #0-9.*'hlLqjzt]*n/;

/** Why these words are not simply a program and its arguments; completes "the script …". */
export function notPlainReason(argv: readonly string[]): string | undefined {
  const [name = "", ...operands] = argv;
  if (!NAME.test(name)) return `has ${JSON.stringify(name)} where a program's name should be`;
  if (NOT_PROGRAMS.has(name)) return `uses the shell's own ${name}`;
  // `-v` and `%n` set a variable, and a subscript in `test` is evaluated
  if (name === "printf" && (operands[0]?.startsWith("-") === true || operands.some((word) => STORES.test(word)))) {
    return "lets printf set a variable";
  }
  if (name === "test" && operands.some((word) => word.includes("["))) return "has a subscript in test";
  return undefined;
}
