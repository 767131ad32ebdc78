import { mentionedCommands } from "./shell/scan.js";
import { baseName } from "./shell/wrapper.js";

/** More words than any honest command line has; what follows is not looked at. */
const WORD_LIMIT = 512;
const COMMAND_LIMIT = 20_000;
/** exec.md §3.2 */
const DEPTH_LIMIT = 8;

/** Programs that run the command in their arguments. */
const CARRIERS: ReadonlySet<string> = new Set(
  (
    "sudo doas run0 pkexec su runuser env nohup nice timeout time gtimeout stdbuf setsid ionice taskset chrt command " +
    "builtin exec busybox toybox xargs parallel watch chroot unshare nsenter flock strace ltrace script " +
    "entr systemd-run setpriv prlimit numactl caffeinate noglob nocorrect coproc chpst bwrap firejail proot fakeroot " +
    "dbus-run-session xvfb-run ssh-agent jobs"
  ).split(" "),
);
const SHELLS = /^(?:ba|z|da|k|a|fi|mk|tc|c)?sh$/;
/** Options after which a command follows, of programs that have other words of their own. */
const EXECUTE_OPTIONS: Readonly<Record<string, RegExp>> = {
  find: /^-(?:exec|execdir|ok|okdir)$/,
  fd: /^(?:-[a-wyzA-WYZ]*[xX]|--exec|--exec-batch)$/,
  fdfind: /^(?:-[a-wyzA-WYZ]*[xX]|--exec|--exec-batch)$/,
};
/** How many operands stand before the command. */
const OPERANDS: Readonly<Record<string, number>> = {
  bwrap: WORD_LIMIT,
  chroot: 1,
  chrt: 1,
  firejail: WORD_LIMIT,
  flock: 1,
  proot: WORD_LIMIT,
  runuser: 1,
  su: 1,
  taskset: 1,
};
/** A word that is a script rather than a program's name. */
const SCRIPT_WORDS = /[\s;&|$`]/;
/** An option with its script glued on, as in `env -S"rm -f"`. */
const GLUED_SCRIPT = /^(?:-[A-Za-z]|--[\w-]+=)(?=\S*\s)/;

export type CarriedCommands =
  | { readonly type: "commands"; readonly commands: readonly (readonly string[])[] }
  /** Nested further than is looked at: assume the worst. */
  | { readonly type: "too_deep" };

/**
 * The command itself and every command it may carry: after `sudo`, `env`, `xargs`, `find -exec` and their like, in
 * `sh -c` scripts, `eval` and `trap`. Where a carrier's command starts is not worked out: every rest of its
 * arguments counts. A guess for refusing and asking, never for allowing.
 */
export function carriedCommands(argv: readonly string[]): CarriedCommands {
  const commands: (readonly string[])[] = [];
  let level: readonly (readonly string[])[] = [argv];
  for (let depth = 0; level.length > 0; depth += 1) {
    commands.push(...level);
    if (depth > DEPTH_LIMIT || commands.length > COMMAND_LIMIT) return { type: "too_deep" };
    const next: (readonly string[])[] = [];
    for (const words of level) {
      const carried = carriedBy(words);
      if (carried === undefined) return { type: "too_deep" };
      next.push(...carried);
    }
    level = next;
  }
  return { type: "commands", commands };
}

/** `undefined`: too much to look at. */
function carriedBy(words: readonly string[]): readonly (readonly string[])[] | undefined {
  const [program = "", ...rest] = words;
  const name = baseName(program).toLowerCase();
  if (name === "eval") return mentionedCommands(rest.join(" "));
  if (SHELLS.test(name) || name === "trap") return mentionedIn(rest);
  const execute = Object.hasOwn(EXECUTE_OPTIONS, name) ? EXECUTE_OPTIONS[name] : undefined;
  if (execute === undefined && !CARRIERS.has(name)) return [];
  if (rest.length > WORD_LIMIT) return undefined;
  const rests = execute === undefined ? restsOf(rest, name) : restsAfter(rest, execute);
  const scripts = mentionedIn(rests.map(([first = ""]) => first).filter((word) => SCRIPT_WORDS.test(word)));
  const glued = mentionedIn(
    rest.filter((word) => GLUED_SCRIPT.test(word)).map((word) => word.replace(GLUED_SCRIPT, "")),
  );
  return scripts === undefined || glued === undefined ? undefined : [...rests, ...scripts, ...glued];
}

function mentionedIn(scripts: readonly string[]): readonly (readonly string[])[] | undefined {
  const found: (readonly string[])[] = [];
  for (const script of scripts) {
    const commands = mentionedCommands(script);
    if (commands === undefined) return undefined;
    found.push(...commands);
  }
  return found;
}

function restsAfter(words: readonly string[], options: RegExp): readonly (readonly string[])[] {
  return words.flatMap((word, index) => (options.test(word) ? [words.slice(index + 1)] : []));
}

/**
 * Each rest that may be the command: before it stand only options, their values, assignments, numbers, and as many
 * operands as the carrier takes.
 */
function restsOf(words: readonly string[], name: string): readonly (readonly string[])[] {
  const rests: (readonly string[])[] = [];
  let operands = OPERANDS[name] ?? 0;
  for (const [index, word] of words.entries()) {
    if (word.startsWith("-") || /^[A-Za-z_]\w*=/.test(word)) continue;
    rests.push(words.slice(index));
    const mayBeValue = words[index - 1]?.startsWith("-") === true || /^[\d.]+[a-z]?$/i.test(word);
    if (mayBeValue) continue;
    if (operands === 0) break;
    operands -= 1;
  }
  return rests;
}
