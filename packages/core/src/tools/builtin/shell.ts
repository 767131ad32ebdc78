import path from "node:path";
import type { Tool, ToolOutput, TruncationPolicy } from "@codex/protocol";
import * as z from "zod/mini";
import { truncateMiddle } from "../../prompt/truncate.js";
import type { Command, CommandOutcome } from "../command.js";
import { refusalText } from "../../approvals/refusal.js";
import { runCommand } from "../command.js";
import { withDenial } from "../command-text.js";
import { defineTool, failure } from "../define.js";
import type { PatchInterception } from "../patch.js";
import type { ShellPowers } from "../shell-powers.js";
import { escalationOf, escalationParameters } from "./escalation.js";

/** Milliseconds. A command that needs longer names its own limit, or is an `exec_command`. */
const DEFAULT_TIMEOUT_MS = 120_000;
const MAX_TIMEOUT_MS = 3_600_000;

const common = {
  workdir: z.optional(z.string()),
  timeout_ms: z.optional(z.number()),
  timeout: z.optional(z.number()),
  ...escalationParameters,
};

/**
 * The older shell tools. They are answered whenever a model calls them (a resumed history, a habit), but not offered
 * beside `exec_command` (core.md §4.1, §4.4 sectioned form).
 */
export function shellTools(powers: ShellPowers, interception: PatchInterception): readonly Tool[] {
  const run = async (command: Command, ...[call, context]: Parameters<Tool["invoke"]>): Promise<ToolOutput> => {
    const patched = await interception(command, call, context);
    if (patched !== undefined) return patched;
    const outcome = await runCommand(command, call, context, powers);
    return formatSectioned(outcome, context.turn.model.info.truncation);
  };
  const argvTool = (name: string): Tool =>
    defineTool({
      name,
      description: "Runs a command given as an argument vector.",
      parameters: z.object({ command: z.array(z.string()).check(z.minLength(1)), ...common }),
      parallel: true,
      hidden: true,
      run(args, call, context) {
        const cwd = path.resolve(context.turn.settings.cwd, args.workdir ?? ".");
        const timeout_ms = clampTimeout(args.timeout_ms ?? args.timeout);
        return run({ argv: args.command, cwd, timeout_ms, ...escalationOf(args) }, call, context);
      },
    });
  const scriptTool = defineTool({
    name: "shell_command",
    description: "Runs a shell script.",
    parameters: z.object({ command: z.string(), login: z.optional(z.boolean()), ...common }),
    parallel: true,
    hidden: true,
    run(args, call, context) {
      const cwd = path.resolve(context.turn.settings.cwd, args.workdir ?? ".");
      const timeout_ms = clampTimeout(args.timeout_ms ?? args.timeout);
      const argv = powers.argv(args.command, { login: args.login ?? true });
      return run({ argv, script: args.command, cwd, timeout_ms, ...escalationOf(args) }, call, context);
    },
  });
  return [argvTool("shell"), argvTool("container.exec"), scriptTool];
}

function formatSectioned(outcome: CommandOutcome, policy: TruncationPolicy): ToolOutput {
  if (outcome.type === "refused") return failure(refusalText("exec command", outcome));
  const { result } = outcome;
  const body = truncateMiddle(result.text, policy);
  const seconds = Number((result.duration_ms / 1000).toFixed(1));
  const lines = [`Exit code: ${result.exit_code}`, `Wall time: ${seconds} seconds`];
  if (body !== result.text) lines.push(`Total output lines: ${result.text.split("\n").length}`);
  const text = [...lines, "Output:", withDenial(body, result)].join("\n");
  return { success: result.exit_code === 0, content: [{ type: "input_text", text }] };
}

function clampTimeout(asked: number | undefined): number {
  if (asked === undefined || !(asked > 0)) return DEFAULT_TIMEOUT_MS;
  return Math.min(Math.round(asked), MAX_TIMEOUT_MS);
}
