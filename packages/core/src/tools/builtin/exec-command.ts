import path from "node:path";
import type { Tool, ToolOutput, TruncationPolicy } from "@codex/protocol";
import * as z from "zod/mini";
import { truncateWithHeader } from "../../prompt/truncate.js";
import type { CommandOutcome, CommandResult } from "../command.js";
import { refusalText } from "../../approvals/refusal.js";
import { explainDenial, runCommand, tokensOf } from "../command.js";
import { defineTool, failure } from "../define.js";
import type { PatchInterception } from "../patch.js";
import type { ShellPowers } from "../shell-powers.js";
import { escalationOf, escalationParameters } from "./escalation.js";

/** Milliseconds. A command that needs longer names its own limit. */
const DEFAULT_TIMEOUT_MS = 120_000;
const MAX_TIMEOUT_MS = 3_600_000;
const DEFAULT_OUTPUT_TOKENS = 10_000;

const parameters = z.object({
  cmd: z.string().check(z.describe("Shell script to run.")),
  workdir: z.optional(z.string().check(z.describe("Directory to run in; default: the session's working directory."))),
  shell: z.optional(z.string().check(z.describe("Shell to use instead of the user's."))),
  login: z.optional(z.boolean().check(z.describe("Run as a login shell. Default: true."))),
  timeout_ms: z.optional(
    z.number().check(z.describe(`Milliseconds after which the command is stopped. Default: ${DEFAULT_TIMEOUT_MS}.`)),
  ),
  max_output_tokens: z.optional(
    z.number().check(z.describe(`How much output to return. Default: ${DEFAULT_OUTPUT_TOKENS}.`)),
  ),
  ...escalationParameters,
});

/** `exec_command`: one shell command from start to end (core.md §4.2, live.md §3.2). */
export function execCommandTool(powers: ShellPowers, interception: PatchInterception): Tool {
  return defineTool({
    name: "exec_command",
    description:
      "Runs a shell command to its end and returns its output. Each call starts a fresh shell in workdir. " +
      "Calls that do not depend on each other may be made together.",
    parameters,
    parallel: true,
    async run(args, call, context) {
      const { cwd } = context.turn.settings;
      const shell = args.shell === undefined ? {} : { shell: args.shell };
      const command = {
        argv: powers.argv(args.cmd, { ...shell, login: args.login ?? true }),
        script: args.cmd,
        cwd: path.resolve(cwd, args.workdir ?? "."),
        timeout_ms: clampTimeout(args.timeout_ms),
        ...escalationOf(args),
      };
      const patched = await interception(command, call, context);
      if (patched !== undefined) return asUnified(patched);
      const outcome = await runCommand(command, call, context, powers);
      return formatUnified(outcome, budget(context.turn.model.info.truncation, args.max_output_tokens));
    },
  });
}

export function clampTimeout(asked: number | undefined): number {
  if (asked === undefined || !(asked > 0)) return DEFAULT_TIMEOUT_MS;
  return Math.min(Math.round(asked), MAX_TIMEOUT_MS);
}

/** The smaller of the model's policy and what the call asked for. */
function budget(policy: TruncationPolicy, asked: number | undefined): TruncationPolicy {
  const tokens = Math.max(0, Math.floor(asked ?? DEFAULT_OUTPUT_TOKENS));
  const allowed = policy.mode === "tokens" ? policy.limit : policy.limit / 4;
  return tokens < allowed ? { mode: "tokens", limit: tokens } : policy;
}

function formatUnified(outcome: CommandOutcome, policy: TruncationPolicy): ToolOutput {
  if (outcome.type === "refused") return failure(refusalText("exec command", outcome));
  const { result } = outcome;
  const text = [
    `Chunk ID: ${chunkId()}`,
    `Wall time: ${(result.duration_ms / 1000).toFixed(4)} seconds`,
    `Process exited with code ${result.exit_code}`,
    `Original token count: ${tokensOf(result)}`,
    "Output:",
    withDenial(truncateWithHeader(result.text, policy, result.total_bytes), result),
  ].join("\n");
  return { success: result.exit_code === 0, content: [{ type: "input_text", text }] };
}

/** The command's own words first, then why the sandbox refused. */
export function withDenial(body: string, result: CommandResult): string {
  if (result.denial === undefined) return body;
  return `${body}${body === "" || body.endsWith("\n") ? "" : "\n"}${explainDenial(result.denial)}\n`;
}

function asUnified(output: ToolOutput): ToolOutput {
  const [first] = output.content;
  if (!output.success || first?.type !== "input_text") return output;
  return {
    success: true,
    content: [{ type: "input_text", text: `Wall time: 0.0000 seconds\nOutput:\n${first.text}` }],
  };
}

function chunkId(): string {
  return Math.floor(Math.random() * 0x1000000)
    .toString(16)
    .padStart(6, "0");
}
