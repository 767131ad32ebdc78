import { hazardsOf } from "./hazards.js";
import { gitReads } from "./known-safe-git.js";
import { fitsOptionSpec, OPTION_SPECS } from "./option-specs.js";
import type { PlainCommand } from "./shell/plain.js";
import { readCommand } from "./shell/reading.js";
import { systemProgram } from "./shell/wrapper.js";

export type SafetyFacts = {
  /**
   * The caller vouches for the repository in which the command runs: its configuration names no program (external diff,
   * text conversion, filter, fsmonitor, signature check, pager). Without it no git command is known to be safe.
   */
  readonly repository?: "trusted";
};

/** Programs of which no option writes, runs or changes anything (exec.md §3.1; the last lines are ours). */
const HARMLESS: ReadonlySet<string> = new Set(
  (
    "cat cd cut echo expr false head id ls nl numfmt paste pwd rev seq stat tac tail tr true uname wc which whoami " +
    "arch basename cksum cmp comm df dirname du fold groups md5sum nproc od printf readlink realpath sha1sum " +
    "sha256sum sha512sum sleep test tty"
  ).split(" "),
);

const FIND_WORDS: ReadonlySet<string> = new Set(
  (
    "-H -L -P -O0 -O1 -O2 -O3 -a -o -and -or -not -true -false -print -print0 -printf -ls -prune -quit -depth -d " +
    "-maxdepth -mindepth -mount -xdev -daystart -follow -noleaf -nowarn -warn -regextype -name -iname -path -ipath " +
    "-wholename -iwholename -regex -iregex -lname -ilname -type -xtype -size -empty -perm -user -group -uid -gid " +
    "-nouser -nogroup -newer -anewer -cnewer -amin -cmin -mmin -atime -ctime -mtime -used -links -inum -samefile " +
    "-readable -writable -executable -fstype -help -version"
  ).split(" "),
);

/** Values such as `-7` and `-10k`, and the family `-newermt`. */
const FIND_OTHER = /^-(?:\d+[a-zA-Z]?|newer[aBcm][aBcmt])$/;

/**
 * Whether a command certainly only reads. Every option must be known to be harmless; stricter than exec.md §3.1 in that
 * the program must be named without a path or lie in a system folder.
 */
export function isKnownSafe(argv: readonly string[], facts: SafetyFacts): boolean {
  const [program = "", ...rest] = argv;
  const name = systemProgram(program);
  if (name === undefined || argv.some((word) => word.includes("\0"))) return false;
  if (HARMLESS.has(name)) return true;
  switch (name) {
    case "find":
      return rest.every((word) => !word.startsWith("-") || FIND_WORDS.has(word) || FIND_OTHER.test(word));
    case "sed":
      return isPrintingSed(rest);
    case "git":
      return facts.repository === "trusted" && gitReads(rest);
    case "hostname":
      return rest.length === 0;
    default: {
      const spec = Object.hasOwn(OPTION_SPECS, name) ? OPTION_SPECS[name] : undefined;
      return spec !== undefined && fitsOptionSpec(rest, spec) && hazardsOf(argv).length === 0;
    }
  }
}

/** Whether running this can certainly neither change nor start anything, a shell's script included. */
export function onlyReads(argv: readonly string[], facts: SafetyFacts): boolean {
  const reading = readCommand(argv);
  return reading.type !== "unknown" && safetyInPlace(reading.commands, facts).every((isSafe) => isSafe);
}

/**
 * For each command of a script, whether it is known to be safe where it stands: after a `cd`, git may find itself in
 * another repository, for which nobody vouched.
 */
export function safetyInPlace(commands: readonly PlainCommand[], facts: SafetyFacts): readonly boolean[] {
  const moved = commands.findIndex((command) => command.argv[0] === "cd");
  return commands.map(({ argv }, index) => isKnownSafe(argv, moved >= 0 && index > moved ? {} : facts));
}

/** Exactly `sed -n N[,M]p [FILE]` (exec.md §3.1), the file not an option. */
function isPrintingSed(rest: readonly string[]): boolean {
  const [flag, range = "", file, ...others] = rest;
  if (flag !== "-n" || others.length > 0 || !/^(?:\d+|\$)(?:,(?:\d+|\$))?p$/.test(range)) return false;
  return file === undefined || !file.startsWith("-");
}
