import { parsePlainScript, type PlainCommand } from "./plain.js";
import { readWrapper, type ShellWrapper } from "./wrapper.js";

/** What an argument vector would run, as far as that is certain. */
export type Reading =
  /** No shell around it. */
  | { readonly type: "direct"; readonly commands: readonly PlainCommand[] }
  /** A shell's script of plain commands, shells inside it read as well. */
  | { readonly type: "plain"; readonly commands: readonly PlainCommand[] }
  /** A script that may do anything; `reason` completes "the script …". */
  | { readonly type: "unknown"; readonly wrapper: ShellWrapper; readonly reason: string };

const DEPTH_LIMIT = 4;

/** Reads an argument vector; scripts of shells inside shells count as if they stood in their place. */
export function readCommand(argv: readonly string[]): Reading {
  const wrapper = readWrapper(argv);
  if (wrapper === undefined) return { type: "direct", commands: [{ argv, joined: "first" }] };
  return readScript(wrapper, DEPTH_LIMIT);
}

function readScript(wrapper: ShellWrapper, depth: number): Reading {
  const parsed = parsePlainScript(wrapper.script, wrapper.shell);
  if (parsed.type === "unknown") return { ...parsed, wrapper };
  const commands: PlainCommand[] = [];
  for (const command of parsed.commands) {
    const inner = readWrapper(command.argv);
    if (inner === undefined) {
      commands.push(command);
      continue;
    }
    if (depth === 0) return { type: "unknown", wrapper, reason: "nests shells too deeply" };
    const reading = readScript(inner, depth - 1);
    if (reading.type === "unknown") return { type: "unknown", wrapper, reason: `has a script that ${reading.reason}` };
    commands.push(...reading.commands.map((each, index) => (index === 0 ? { ...each, joined: command.joined } : each)));
  }
  return { type: "plain", commands };
}

/** No argument vector that can be run holds a NUL, so none has the key of a script. */
const SCRIPT_KEY = "\0shell_script";

/**
 * One key per thing that is run, for remembered approvals: how it is wrapped, spaced and quoted makes no difference
 * where that is certain (exec.md §3.6).
 */
export function canonicalCommand(argv: readonly string[]): readonly string[] {
  const reading = readCommand(argv);
  const wrapper = readWrapper(argv);
  if (wrapper === undefined) return argv;
  const parsed = reading.type === "plain" ? parsePlainScript(wrapper.script, wrapper.shell) : undefined;
  if (parsed?.type !== "plain") {
    return [SCRIPT_KEY, wrapper.shell, wrapper.login ? "-lc" : "-c", wrapper.script];
  }
  const [only, second] = parsed.commands;
  if (only !== undefined && second === undefined) return canonicalCommand(only.argv);
  const parts = parsed.commands.map((command) => [command.joined, canonicalCommand(command.argv)]);
  return [SCRIPT_KEY, JSON.stringify(parts)];
}
