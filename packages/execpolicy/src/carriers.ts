import { mentionedCommands } from "./shell/scan.js";
import { baseName } from "./shell/wrapper.js";

/** Programs that run the command in their arguments. */
const CARRIERS: ReadonlySet<string> = new Set(
  (
    "sudo doas run0 pkexec su runuser env nohup nice timeout time gtimeout stdbuf setsid ionice taskset chrt command " +
    "builtin exec busybox toybox xargs parallel watch chroot unshare nsenter flock strace ltrace script find fd fdfind " +
    "entr systemd-run setpriv prlimit numactl caffeinate noglob nocorrect coproc chpst bwrap firejail proot fakeroot " +
    "dbus-run-session xvfb-run ssh-agent jobs"
  ).split(" "),
);
const SHELLS = /^(?:ba|z|da|k|a|fi|mk|tc|c)?sh$/;
/** Words of an option that hands the shell or another program a script. */
const SCRIPT_WORDS = /[\s;&|$`]/;

/** More words than any honest command line has; what follows is not looked at. */
const WORD_LIMIT = 512;
const COMMAND_LIMIT = 20_000;
/** exec.md §3.2 */
const DEPTH_LIMIT = 8;

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
  if (!CARRIERS.has(name)) return [];
  const scripts = mentionedIn(rest.filter((word) => SCRIPT_WORDS.test(word)));
  return scripts === undefined || rest.length > WORD_LIMIT ? undefined : [...restsOf(rest), ...scripts];
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

/** Each rest that may be a command; those inside another carrier are found again there, so it is the last. */
function restsOf(words: readonly string[]): readonly (readonly string[])[] {
  const rests: (readonly string[])[] = [];
  for (const [index, word] of words.entries()) {
    if (word.startsWith("-") || /^[A-Za-z_]\w*=/.test(word)) continue;
    rests.push(words.slice(index));
    if (CARRIERS.has(baseName(word).toLowerCase())) break;
  }
  return rests;
}
