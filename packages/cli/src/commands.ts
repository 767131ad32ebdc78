import type { ExitCode } from "./exit-codes.js";

/** One command of `codex`. */
type CommandEntry = {
  /** Its name, then other names of it. */
  readonly words: readonly [string, ...string[]];
  /** For `codex help`; one text a line. */
  readonly about: readonly [string, ...string[]];
  /** Runs it with the words after its name. Its flags are declared in its own file, which only this loads. */
  readonly load: () => Promise<(argv: readonly string[]) => ExitCode | Promise<ExitCode>>;
};

/** Every command, in the order of `codex help`. To add one: an entry here, a file in `commands/`. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    words: ["exec", "e"],
    about: [
      'Do one task without questions: codex exec "fix the failing test"',
      "Go on with a session, or from one: codex exec resume, codex exec fork",
    ],
    load: async () => (await import("./commands/exec.js")).exec,
  },
  {
    words: ["review"],
    about: ["Have a change reviewed: codex review --uncommitted, --base main, --commit SHA"],
    load: async () => (await import("./commands/review.js")).review,
  },
  {
    words: ["sandbox"],
    about: ["Run a command inside the sandbox: codex sandbox -s read-only -- ls"],
    load: async () => (await import("./commands/sandbox.js")).sandbox,
  },
  {
    words: ["explain"],
    about: ["Say what would happen to a command, and why: codex explain -- git push"],
    load: async () => (await import("./commands/explain.js")).explain,
  },
  {
    words: ["execpolicy"],
    about: ["Say what rules files decide about a command: codex execpolicy check --rules FILE -- git push"],
    load: async () => (await import("./commands/execpolicy.js")).execpolicy,
  },
  {
    words: ["config"],
    about: ["Say which settings hold and why, or change one: codex config explain model"],
    load: async () => (await import("./commands/config.js")).config,
  },
  {
    words: ["proto"],
    about: ["Drive a session by JSON lines on stdin and stdout"],
    load: async () => (await import("./commands/proto.js")).proto,
  },
  {
    words: ["undo"],
    about: ["Take back what the last steps of a session did to files: codex undo --preview, codex undo --list"],
    load: async () => (await import("./commands/undo.js")).undo,
  },
  {
    words: ["redo"],
    about: ["Make again what was undone last"],
    load: async () => (await import("./commands/redo.js")).redo,
  },
  {
    words: ["usage"],
    about: ["Say what was used and what it cost: codex usage --last, codex usage --by day"],
    load: async () => (await import("./commands/usage.js")).usage,
  },
  {
    words: ["debug"],
    about: [
      "Show the request that would be sent (debug prompt), what compactions left out (debug dropped),",
      "or JSON Schema of the protocol (debug schema)",
    ],
    load: async () => (await import("./commands/debug.js")).debug,
  },
  {
    words: ["demo"],
    about: ["Watch a recorded session repair a small project; needs no key and no network"],
    load: async () => (await import("./commands/demo.js")).demo,
  },
];
