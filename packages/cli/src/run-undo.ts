import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Command, Option } from "commander";
import type { Codex, Event, EventMsg, Op, SessionHandle, SessionId, UndoReport, UndoStep } from "@codex/protocol";
import { isSessionId } from "@codex/protocol";
import { CodexError } from "@codex/common";
import { loadConfig } from "@codex/config";
import { createCodex } from "@codex/core";
import { EXIT, type ExitCode } from "./exit-codes.js";
import { parse, wholeNumber, type Parsed } from "./flags.js";
import { printParsed } from "./print-parsed.js";
import { VERSION } from "./version.js";

type Direction = "undo" | "redo";

type UndoFlags = {
  readonly session?: string;
  readonly last?: true;
  readonly steps: number;
  readonly preview?: true;
  readonly list?: true;
  readonly filesOnly?: true;
  readonly conversationOnly?: true;
  readonly force?: true;
  readonly json?: true;
};

type Shown = UndoFlags & { readonly hint: string };

function parseUndo(direction: Direction, argv: readonly string[]): Parsed<UndoFlags> {
  const what =
    direction === "undo" ? "Take back what the last steps of a session did" : "Make again what was undone last";
  const command = new Command(`codex ${direction}`)
    .description(`${what}: files, and the conversation where whole turns are meant.`)
    .addOption(new Option("--session <ID>", "id or name of the session").conflicts("last"))
    .option("--last", "the session that was written last in this directory (default)")
    .option("--steps <N>", "how many steps; turns with --conversation-only", wholeNumber, 1)
    .option("--preview", "show what would change, and change nothing")
    .option("--list", "show the steps of the session")
    .addOption(new Option("--files-only", "leave the conversation as it is").conflicts("conversationOnly"))
    .option("--conversation-only", "leave the files as they are")
    .option("--force", "overwrite what was changed since, too")
    .option("--json", "write one JSON object");
  return parse(command, argv, () => command.opts<UndoFlags>());
}

/** Exit code 1 when something stayed as it is: changed by somebody since, or never kept. */
export async function runUndo(direction: Direction, argv: readonly string[]): Promise<ExitCode> {
  const parsed = parseUndo(direction, argv);
  if (parsed.type !== "run") return printParsed(parsed, direction);
  const flags = parsed.value;
  await using codex = createCodex({ env: process.env, version: VERSION });
  const id = await findSession(codex, flags);
  // the model is not asked and no command runs: there is nothing to confine
  const settings = { cwd: await directoryOf(codex, id), sandbox_policy: { type: "danger-full-access" } } as const;
  // what can be taken back lies here, wherever the commands ran
  await using session = await codex.open({ type: "resume", id, settings, config: { "environment.type": "direct" } });
  const hint = await hintOf(settings.cwd);
  if (flags.list === true) return showSteps(await ask(session, { type: "list_undo_steps" }), { ...flags, hint });
  const scope = flags.filesOnly === true ? "files" : flags.conversationOnly === true ? "conversation" : "both";
  const { steps, force = false, preview = false } = flags;
  return showOutcome(await ask(session, { type: direction, steps, scope, force, preview }), { ...flags, hint });
}

/** What to know where nothing can be taken back. */
async function hintOf(cwd: string): Promise<string> {
  const { environment } = await loadConfig({ cwd, env: process.env });
  if (environment.type !== "ssh") return "";
  return `; files of commands on ${environment.host} (environment.type = "ssh") are not kept: --conversation-only works`;
}

async function findSession(codex: Codex, { session }: UndoFlags): Promise<SessionId> {
  if (session !== undefined) {
    const id = isSessionId(session) ? session : await codex.named(session);
    if (id === undefined) throw new CodexError("session_not_found", `no session has the name ${session}`);
    return id;
  }
  const cwd = currentFolder();
  const [newest] = await codex.list({ limit: 1, cwd });
  if (newest !== undefined) return newest.id;
  const [other] = await codex.list({ limit: 1 });
  const hint = other === undefined ? "" : `; the last one worked in ${other.cwd}: name it with --session ${other.id}`;
  throw new CodexError("session_not_found", `no session has worked in ${cwd}, or it was ephemeral${hint}`);
}

/** A step may have removed the folder that we are in: its name is what is left of it. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return process.env["PWD"] ?? "/";
  }
}

/** Where the session worked, or what is left of the way there. */
async function directoryOf(codex: Codex, id: SessionId): Promise<string> {
  let cwd = (await codex.read(id)).meta.cwd ?? currentFolder();
  while (!existsSync(cwd) && dirname(cwd) !== cwd) cwd = dirname(cwd);
  return cwd;
}

const ANSWERS: ReadonlySet<EventMsg["type"]> = new Set([
  "undo_completed",
  "undo_preview_response",
  "list_undo_steps_response",
  "error",
]);

async function ask(session: SessionHandle, op: Op): Promise<EventMsg> {
  session.submit(op);
  for await (const { msg } of session.events satisfies AsyncIterable<Event>) {
    if (msg.type === "warning" && msg.message.startsWith("undo")) process.stderr.write(`warning: ${msg.message}\n`);
    if (ANSWERS.has(msg.type)) return msg;
  }
  throw new CodexError("internal", "the session ended without an answer");
}

function showSteps(answer: EventMsg, flags: Shown): ExitCode {
  if (answer.type !== "list_undo_steps_response") return showFailure(answer, flags);
  const { json, hint } = flags;
  const { steps, dropped } = answer;
  if (json === true) process.stdout.write(`${JSON.stringify({ steps, dropped })}\n`);
  else if (steps.length === 0) process.stdout.write(`No step of this session has changed a file${hint}.\n`);
  else {
    const lines = steps.map((step, index) => {
      const standing = steps.slice(index).filter(({ state }) => state === "done").length;
      return stepText(step, step.state === "done" ? `${standing}` : "-");
    });
    process.stdout.write(lines.join(""));
    if (dropped !== undefined) process.stdout.write(`${dropped} older steps are gone: undo.max_mb was reached\n`);
  }
  return EXIT.ok;
}

/** `count`: what `--steps` has to be for it to be the last one that is undone. */
function stepText({ at, added, modified, deleted, state, not_covered = [] }: UndoStep, count: string): string {
  const undone = state === "undone" ? "  (undone)" : "";
  const lost = not_covered.map(({ path, reason }) => `   not covered: ${shown(path)}: ${reason}\n`);
  return `${count}  ${at}  ${added} added, ${modified} modified, ${deleted} deleted${undone}\n${lost.join("")}`;
}

function showOutcome(answer: EventMsg, flags: Shown): ExitCode {
  if (flags.json === true) process.stdout.write(`${JSON.stringify(answer)}\n`);
  if (answer.type === "undo_completed" && answer.success) {
    if (flags.json !== true) process.stdout.write(reportText(answer.report) + `${answer.message ?? ""}\n`);
    const { conflicts = [], not_covered = [] } = answer.report ?? {};
    if (flags.json !== true && conflicts.length > 0)
      process.stderr.write(FORCE_HINT[answer.report?.direction ?? "undo"]);
    return conflicts.length + not_covered.length > 0 ? EXIT.failed : EXIT.ok;
  }
  if (answer.type === "undo_preview_response") {
    const turns = answer.num_turns === undefined ? "" : `turns of the conversation: ${answer.num_turns}\n`;
    if (flags.json !== true) process.stdout.write(reportText(answer.report) + turns);
    return EXIT.ok;
  }
  return showFailure(answer, flags);
}

function showFailure(answer: EventMsg, { json, hint }: Shown): ExitCode {
  const message = "message" in answer ? answer.message : undefined;
  process.stderr.write(json === true ? "" : `error: ${String(message)}${hint}\n`);
  return EXIT.failed;
}

/** The step counts as undone, so it has to be made again before it can be undone otherwise. */
const FORCE_HINT = {
  undo: "To overwrite what conflicts: codex redo, then codex undo --force. --preview tells of conflicts before.\n",
  redo: "To overwrite what conflicts: codex undo, then codex redo --force. --preview tells of conflicts before.\n",
} as const;

function reportText(report: UndoReport | undefined): string {
  if (report === undefined) return "";
  const lines = [
    ...report.changes.map(
      ({ change, path, bytes, kind }) =>
        `${change} ${shown(path)}${kind === "file" && change !== "D" ? ` (${bytes} bytes)` : ""}`,
    ),
    ...report.conflicts.map(({ path, reason }) => `conflict: ${shown(path)}: ${reason}`),
    ...report.not_covered.map(({ path, reason }) => `not covered: ${shown(path)}: ${reason}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** A file's name is no place for commands to a terminal. */
function shown(path: string): string {
  return /[\u0000-\u001f\u007f-\u009f]/.test(path) ? JSON.stringify(path) : path;
}
