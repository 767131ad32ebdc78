import type { Tool } from "@codex/protocol";
import * as z from "zod/mini";
import { budget } from "../command-text.js";
import { defineTool, failure } from "../define.js";
import type { LiveParts } from "../live-command.js";
import { report } from "../live-command.js";
import type { LiveProcess } from "../live-process.js";
import { clampYield } from "./exec-command.js";

/** Milliseconds (exec.md §5.3). */
const TYPED = { standard: 250, least: 250, most: 30_000 };
const POLLED = { standard: 5000, least: 5000, most: 300_000 };
const CONTROL_C = "\u0003";

const parameters = z.object({
  session_id: z.int().check(z.describe("ID that exec_command gave.")),
  chars: z.optional(
    z
      .string()
      .check(
        z.describe(
          "What to type; a line ends with \\n, \\u0003 interrupts, \\u0004 ends the input. Empty: only wait for output.",
        ),
      ),
  ),
  yield_time_ms: z.optional(
    z
      .number()
      .check(
        z.describe(
          `Milliseconds to collect output. Default: ${TYPED.standard}; without chars at least ${POLLED.least}.`,
        ),
      ),
  ),
  max_output_tokens: z.optional(z.number().check(z.describe("How much output to return. Default: 10000."))),
});

/** `write_stdin`: types into a session, or waits for it (core.md §4.4, live.md §3.4). */
export function writeStdinTool(parts: LiveParts): Tool {
  return defineTool({
    name: "write_stdin",
    description:
      "Types into a session that exec_command left running, and returns its new output. Only a session with a " +
      "terminal (tty) takes more than an interrupt.",
    parameters,
    parallel: true,
    async run(args, _call, context) {
      const live = parts.processes.find(args.session_id);
      if (live === undefined) return failure(`write_stdin failed: Unknown process id ${args.session_id}`);
      const chars = args.chars ?? "";
      const { turn, signal } = context;
      const shown = { call_id: live.call_id, process_id: String(live.id), stdin: chars };
      turn.session.emit({ type: "terminal_interaction", ...shown }, turn.id);
      const since = live.duration_ms;
      const problem = await type(live, chars);
      if (problem !== undefined) return failure(`write_stdin failed: ${problem}`);
      await live.settle(clampYield(args.yield_time_ms, chars === "" ? POLLED : TYPED), signal);
      // what nobody will read stays for the next call
      signal.throwIfAborted();
      return report(live, since, budget(turn.model.info.truncation, args.max_output_tokens), parts);
    },
  });
}

/** What is wrong, if anything. Its end is no problem: the caller is about to learn of it. */
async function type(live: LiveProcess, chars: string): Promise<string | undefined> {
  if (chars === "" || live.end !== undefined) return undefined;
  if (live.command.tty === true) {
    await live.write(chars).catch(() => undefined);
    return undefined;
  }
  if (chars !== CONTROL_C)
    return "stdin is closed for this session; rerun exec_command with tty=true to keep stdin open";
  live.interrupt();
  return undefined;
}
