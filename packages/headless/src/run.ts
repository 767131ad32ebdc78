import { CodexError, codeOf, messageOf, onAbort } from "@codex/common";
import type { Event, EventMsg, Op, SessionHandle, SubmissionId } from "@codex/protocol";
import { refuse } from "./answers.js";
import { Closing } from "./closing.js";
import { HumanView } from "./human.js";
import { JsonView } from "./jsonl.js";
import type { LastMessageFile } from "./last-message.js";
import { Output, type Writer } from "./output.js";
import { createPaint, type Paint } from "./paint.js";
import type { ThreadLine } from "./thread-line.js";
import type { TurnEnd, View } from "./view.js";

export type ExecOptions = {
  /** Driven to its shutdown, not disposed. */
  readonly session: SessionHandle;
  readonly prompt: string;
  /** Absolute paths of pictures that go before the prompt. */
  readonly images?: readonly string[];
  /** JSON Schema for the final answer. */
  readonly outputSchema?: unknown;
  /** One ThreadEvent a line on stdout instead of text for a person on stderr. */
  readonly json: boolean;
  readonly version: string;
  /** Of the text on stderr. */
  readonly colour: boolean;
  readonly stdout: Writer;
  readonly stderr: Writer;
  /** On the same stdout: what was told while the session was being opened. */
  readonly threadLine?: ThreadLine;
  readonly lastMessage?: LastMessageFile;
  /** How long commands that outlive the turn may run on, in milliseconds; then they are named and ended. Default: 0. */
  readonly backgroundWaitMs?: number;
};

/** `unread`: nobody reads stdout any more, so the run was ended quietly or its message dropped. */
export type Outcome = "completed" | "failed" | "interrupted" | "unread";

type Streams = { readonly stdout: Output; readonly stderr: Output };

/**
 * One turn, from prompt to shutdown. The signal interrupts it. Throws `file_error` when `-o` or stdout cannot be
 * written.
 */
export async function runExec(options: ExecOptions, signal: AbortSignal): Promise<Outcome> {
  const { threadLine } = options;
  const streams = { stdout: threadLine?.output ?? new Output(options.stdout), stderr: new Output(options.stderr) };
  const paint = createPaint(options);
  const view = options.json ? new JsonView(threadLine?.told) : new HumanView({ paint, ...options });
  const end = await driveTurn({ options, view, streams, paint }, signal);
  await stream(options, streams).write(view.close());
  if (end.type === "completed") await deliver(end.lastMessage, { options, streams, paint });
  return outcomeOf(end, streams);
}

type Drive = { readonly options: ExecOptions; readonly view: View; readonly streams: Streams; readonly paint: Paint };

/**
 * Renders events until the session has shut down; says how the turn ended. A failure while shutting down spoils a
 * completed turn; after a failed one it would only hide the cause.
 */
async function driveTurn({ options, view, streams, paint }: Drive, signal: AbortSignal): Promise<TurnEnd> {
  const { session } = options;
  const output = stream(options, streams);
  const submission = session.submit(userInput(options));
  const interrupt = () => void session.submit({ type: "interrupt" });
  using _signal = onAbort(signal, interrupt);
  using _unread = options.json ? onAbort(streams.stdout.gone, interrupt) : undefined;
  const turn = new TurnWatch(submission);
  const name = (commands: readonly string[]) => void output.write(view.notice(endedText(commands)));
  using closing = new Closing({ session, waitMs: options.backgroundWaitMs ?? 0, name }, signal);
  let end: TurnEnd | undefined;
  for await (const event of session.events) {
    if (end !== undefined && event.msg.type === "error") {
      if (end.type !== "completed") continue;
      end = { type: "failed", message: event.msg.message };
    }
    closing.note(event.msg);
    await output.write(view.show(event.msg));
    await streams.stderr.write(paint("dim", withheldText(event.msg)));
    const refusal = refuse(event.msg);
    if (refusal !== undefined) {
      session.submit(refusal.op);
      turn.fail(refusal.text);
      await output.write(view.notice(refusal.text));
    }
    const reached = turn.endAt(event);
    if (end !== undefined || reached === undefined) continue;
    end = reached;
    await output.write(view.endTurn(end));
    closing.begin(end);
  }
  if (end !== undefined) return end;
  end = { type: "failed", message: "the session ended before the turn did" };
  await output.write(view.endTurn(end));
  return end;
}

/** On stderr in both forms: JSON lines have no item for it. */
function withheldText(message: EventMsg): string {
  if (message.type !== "session_configured" || message.withheld_vars === undefined) return "";
  const parts = message.withheld_vars.map(({ names, allow_with }) => `${names.join(", ")} (to pass: ${allow_with})`);
  return `withheld from commands: ${parts.join("; ")}\n`;
}

/** What is said of commands that outlived the turn and its grace. */
function endedText(commands: readonly string[]): string {
  const subject = commands.length === 1 ? "a command that was" : `${commands.length} commands that were`;
  return `ended ${subject} still running after the answer: ${commands.join("; ")} (--background-wait waits longer)`;
}

function userInput({ prompt, images = [], outputSchema }: ExecOptions): Op {
  const items = [
    ...images.map((path) => ({ type: "local_image", path }) as const),
    { type: "text", text: prompt } as const,
  ];
  if (outputSchema === undefined) return { type: "user_input", items };
  return { type: "user_input", items, final_output_json_schema: outputSchema };
}

/** Finds the end of our turn among the events (core.md §6.3). */
class TurnWatch {
  readonly #submission: SubmissionId;
  #started = false;
  #failure: string | undefined;

  constructor(submission: SubmissionId) {
    this.#submission = submission;
  }

  fail(message: string): void {
    this.#failure = message;
  }

  endAt({ id, msg }: Event): TurnEnd | undefined {
    if (msg.type === "task_started") this.#started = true;
    if (msg.type === "turn_aborted") return { type: "interrupted" };
    if (msg.type === "error") {
      this.#failure = msg.message;
      // Input that cannot be taken starts no turn (core.md §1.6).
      if (!this.#started && id === this.#submission) return { type: "failed", message: msg.message };
    }
    if (msg.type !== "task_complete") return undefined;
    const failure = msg.error?.message ?? this.#failure;
    if (failure !== undefined) return { type: "failed", message: failure };
    return { type: "completed", lastMessage: msg.last_agent_message ?? undefined };
  }
}

type Delivery = { readonly options: ExecOptions; readonly streams: Streams; readonly paint: Paint };

/** The final message: to the `-o` file, and to stdout unless a person has just read it on the same terminal. */
async function deliver(message: string | undefined, { options, streams, paint }: Delivery): Promise<void> {
  const { stdout, stderr } = streams;
  const file = options.lastMessage;
  if (file !== undefined) {
    if (message === undefined) {
      await stderr.write(paint("plain", `warning: there was no final message; ${file.path} is empty now\n`));
    }
    await file.write(message ?? "");
  }
  if (options.json || message === undefined || (stdout.isTTY && stderr.isTTY)) return;
  await stdout.write(stdout.isTTY ? `${createPaint({ colour: false })("plain", message)}\n` : `${message}\n`);
}

function stream(options: ExecOptions, streams: Streams): Output {
  return options.json ? streams.stdout : streams.stderr;
}

function outcomeOf(end: TurnEnd, { stdout }: Streams): Outcome {
  if (!stdout.gone.aborted) return end.type;
  const cause: unknown = stdout.gone.reason;
  if (codeOf(cause) === "EPIPE") return "unread";
  throw new CodexError("file_error", `cannot write to standard output: ${messageOf(cause)}`, { cause });
}
