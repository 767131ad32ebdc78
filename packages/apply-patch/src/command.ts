import { applyPlan, type ApplyReport, type PatchFiles } from "./apply.js";
import { PatchError } from "./errors.js";
import { parsePatch } from "./parse.js";
import { planPatch } from "./plan.js";
import { summarize } from "./summary.js";

/** What the command `apply_patch` needs from the process it runs in. */
export type CommandContext = {
  /** Without the program's name. */
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly files: PatchFiles;
  /** Standard input in pieces; absent when it is a terminal. Read only when no argument holds the patch. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly writeOutput: (text: string) => void;
  readonly writeError: (text: string) => void;
};

/** `done` 0, `failed` 1 (patch or files), `misused` 2 (arguments): exec.md §1.9. */
const EXIT = { done: 0, failed: 1, misused: 2 } as const;
const MATCH_CODEX = "--match-codex";
const USAGE = `Usage: apply_patch 'PATCH'\n       echo 'PATCH' | apply_patch\n`;

/** Longest patch on standard input, in bytes. */
const STDIN_LIMIT = 64 * 1024 * 1024;

/** The command `apply_patch`. Resolves to the exit code; everything it says goes through the context. */
export async function runApplyPatch(context: CommandContext, signal: AbortSignal): Promise<number> {
  const operands = context.args.filter((argument) => argument !== MATCH_CODEX);
  if (operands.length > 1) {
    context.writeError("Error: apply_patch accepts exactly one argument.\n");
    return EXIT.misused;
  }
  try {
    const text = operands[0] ?? (await readAll(context.stdin));
    if (text.length === 0 && operands.length === 0) {
      context.writeError(USAGE);
      return EXIT.misused;
    }
    const finalNewline = context.args.includes(MATCH_CODEX) ? "always" : "keep";
    const plan = await planPatch(parsePatch(text), context.files, { cwd: context.cwd, finalNewline }, signal);
    const report = await applyPlan(plan, context.files, signal);
    context.writeError(describeTrouble(report));
    if (report.type === "failed") return EXIT.failed;
    context.writeOutput(summarize(plan.changes));
    return EXIT.done;
  } catch (error) {
    context.writeError(`${describeError(error)}\n`);
    return EXIT.failed;
  }
}

async function readAll(stdin: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of stdin ?? []) {
    length += piece.length;
    if (length > STDIN_LIMIT) throw new PatchError("invalid_patch", `longer than ${STDIN_LIMIT} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function describeError(error: unknown): string {
  if (!(error instanceof PatchError)) return error instanceof Error ? error.message : String(error);
  if (error.code === "invalid_hunk") return `Invalid patch hunk on line ${error.line ?? 0}: ${error.reason}`;
  if (error.code === "invalid_patch" || error.code === "duplicate_target") return `Invalid patch: ${error.reason}`;
  return error.message;
}

/** One line per thing that is not as it was before, or empty. */
function describeTrouble(report: ApplyReport): string {
  const lines = report.type === "failed" ? [describeError(report.error)] : [];
  for (const outcome of report.type === "failed" ? report.outcomes : []) {
    if (outcome.state === "not_restored") {
      lines.push(`Not restored: ${outcome.change.name} (${outcome.reasons.join("; ")})`);
    }
  }
  for (const path of report.leftovers) lines.push(`Left over: ${path}`);
  return lines.map((line) => `${line}\n`).join("");
}
