import path from "node:path";
import type { Tool, ToolOutput } from "@codex/protocol";
import * as z from "zod/mini";
import { budget } from "../command-text.js";
import { defineTool } from "../define.js";
import type { LiveParts } from "../live-command.js";
import { startCommand } from "../live-command.js";
import type { PatchInterception } from "../patch.js";
import { escalationOf, escalationParameters } from "./escalation.js";

/** Milliseconds (exec.md §5.3). */
const YIELD = { standard: 10_000, least: 250, most: 30_000 };

const parameters = z.object({
  cmd: z.string().check(z.describe("Shell script to run.")),
  workdir: z.optional(z.string().check(z.describe("Directory to run in; default: the session's working directory."))),
  shell: z.optional(z.string().check(z.describe("Shell to use instead of the user's."))),
  login: z.optional(z.boolean().check(z.describe("Run as a login shell. Default: true."))),
  tty: z.optional(
    z
      .boolean()
      .check(
        z.describe("Give it a terminal, for programs that a person would type into. Default: false, and no input."),
      ),
  ),
  yield_time_ms: z.optional(
    z
      .number()
      .check(
        z.describe(`Milliseconds to wait for its end before it goes on as a session. Default: ${YIELD.standard}.`),
      ),
  ),
  max_output_tokens: z.optional(z.number().check(z.describe("How much output to return. Default: 10000."))),
  ...escalationParameters,
});

/** `exec_command`: one shell command to its end, or the start of a session (core.md §4.2, live.md §3.2, §3.4). */
export function execCommandTool(parts: LiveParts, interception: PatchInterception): Tool {
  return defineTool({
    name: "exec_command",
    description:
      "Runs a shell command in a fresh shell and returns its output. One that is still running after yield_time_ms " +
      "goes on as a session: the answer names its ID for write_stdin. Calls that do not depend on each other may be " +
      "made together.",
    parameters,
    parallel: true,
    async run(args, call, context) {
      const { cwd } = context.turn.settings;
      const shell = args.shell === undefined ? {} : { shell: args.shell };
      const command = {
        argv: parts.powers.argv(args.cmd, { ...shell, login: args.login ?? true }),
        script: args.cmd,
        cwd: path.resolve(cwd, args.workdir ?? "."),
        tty: args.tty ?? false,
        ...escalationOf(args),
      };
      const patched = await interception(command, call, context);
      if (patched !== undefined) return asUnified(patched);
      const policy = budget(context.turn.model.info.truncation, args.max_output_tokens);
      return startCommand(
        { command, call, context },
        { yield_ms: clampYield(args.yield_time_ms, YIELD), policy },
        parts,
      );
    },
  });
}

export type YieldRange = { readonly standard: number; readonly least: number; readonly most: number };

export function clampYield(asked: number | undefined, { standard, least, most }: YieldRange): number {
  if (asked === undefined || Number.isNaN(asked)) return standard;
  return Math.min(Math.max(Math.round(asked), least), most);
}

function asUnified(output: ToolOutput): ToolOutput {
  const [first] = output.content;
  if (!output.success || first?.type !== "input_text") return output;
  return {
    success: true,
    content: [{ type: "input_text", text: `Wall time: 0.0000 seconds\nOutput:\n${first.text}` }],
  };
}
