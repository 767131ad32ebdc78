import { Command } from "commander";
import { codeOf, messageOf, onAbort } from "@codex/common";
import { createCodex, type CodexOptions } from "@codex/core";
import { submissionId, type Event, type EventMsg, type Op, type SessionHandle } from "@codex/protocol";
import { decode } from "@codex/protocol/schema";
import { configOptions, workingDirectory } from "../config-flags.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { collect, parse, sharedOptions, type Parsed, type SharedFlags } from "../flags.js";
import { readLines, type InputLine } from "../json-lines.js";
import { printParsed } from "../print-parsed.js";
import { watchSignals } from "../signals.js";
import { VERSION } from "../version.js";

type ProtoFlags = SharedFlags & {
  readonly model?: string;
  readonly addDir: readonly string[];
  readonly ephemeral?: true;
};

function parseProto(argv: readonly string[]): Parsed<ProtoFlags> {
  const command = sharedOptions(new Command("codex proto"))
    .description("Drive a session by JSON lines: a submission a line on stdin, an event a line on stdout.")
    .option("-m, --model <NAME>", "model to ask")
    .option("--add-dir <DIR>", "one more writable directory (repeatable)", collect, [])
    .option("--ephemeral", "leave no session file");
  return parse(command, argv, () => command.opts<ProtoFlags>());
}

/**
 * `codex proto` (core.md §1): `{"id","op"}` in, `{"id","msg"}` out, and nothing else on stdout. At the end of the input
 * what runs is finished, with every question answered by no; then the session shuts down. A signal, or a reader that
 * leaves, shuts it down at once.
 */
export async function proto(argv: readonly string[]): Promise<ExitCode> {
  const parsed = parseProto(argv);
  if (parsed.type !== "run") return printParsed(parsed, "proto");
  const flags = parsed.value;
  using signals = watchSignals();
  const cwd = await workingDirectory(process.cwd(), flags.cd);
  await using codex = createCodex(protoOptions(flags));
  const ephemeral = flags.ephemeral === true;
  const source = { custom: "proto" };
  await using session = await codex.open({ type: "new", settings: { cwd }, source, ephemeral }, signals.signal);
  const output = new EventLines(process.stdout);
  const end = (): void => {
    session.submit({ type: "shutdown" });
    process.stdin.destroy();
  };
  using _signal = onAbort(signals.signal, end);
  using _reader = onAbort(output.gone, end);
  const input = new Submissions(session, output);
  const reading = input.read();
  for await (const event of session.events) {
    await output.write(event);
    input.watch(event.msg);
  }
  process.stdin.destroy();
  await reading;
  signals.finish();
  if (signals.signal.aborted) return EXIT.failed;
  return output.gone.aborted ? EXIT.unread : EXIT.ok;
}

function protoOptions(flags: ProtoFlags): CodexOptions {
  const { model, sandbox: sandbox_mode, addDir: add_dirs } = flags;
  return {
    env: process.env,
    config: {
      ...configOptions(flags),
      typed: {
        add_dirs,
        ...(model === undefined ? {} : { model }),
        ...(sandbox_mode === undefined ? {} : { sandbox_mode }),
      },
    },
    originator: process.env["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"] ?? "codex_proto",
    version: VERSION,
  };
}

/** From the lines of stdin to the session. */
class Submissions {
  readonly #session: SessionHandle;
  readonly #output: EventLines;
  /** Refusals of what the client was asked and has not answered, by key. */
  readonly #open = new Map<string, Op>();
  #hasEnded = false;

  constructor(session: SessionHandle, output: EventLines) {
    this.#session = session;
    this.#output = output;
  }

  /** Until the input ends. Never rejects. */
  async read(): Promise<void> {
    try {
      for await (const line of readLines(process.stdin)) {
        await this.#take(line);
        // the session takes what it has before more is read
        await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      if (codeOf(error) !== "ERR_STREAM_PREMATURE_CLOSE") await this.#refuse("", `stdin broke: ${messageOf(error)}`);
    }
    this.#hasEnded = true;
    for (const refusal of this.#open.values()) this.#session.submit(refusal);
    this.#session.submit({ type: "shutdown", when_idle: true });
  }

  /** Once the input has ended nobody can answer. */
  watch(message: EventMsg): void {
    const refusal = refusalOf(message);
    if (refusal === undefined) return;
    if (this.#hasEnded) this.#session.submit(refusal);
    else this.#open.set(refusal.id, refusal);
  }

  async #take(line: InputLine): Promise<void> {
    if (line.text === undefined) return this.#refuse("", `line ${line.number} is too long, and was left out`);
    const value = jsonOf(line.text);
    if (value === undefined) return this.#refuse("", `line ${line.number} is not JSON`);
    const decoded = decode("Submission", value.json);
    if (decoded.type === "failed") {
      return this.#refuse(idOf(value.json), `line ${line.number} is no submission: ${decoded.message}`);
    }
    const { id, op } = decoded.value;
    if ("id" in op) this.#open.delete(op.id);
    this.#session.submit(op, submissionId(id));
  }

  #refuse(id: string, message: string): Promise<void> {
    return this.#output.write({ id, msg: { type: "error", message, codex_error_info: "bad_request" } });
  }
}

/** The answer no, under the key that it carries; `undefined`: nothing was asked. */
function refusalOf(message: EventMsg): (Op & { readonly id: string }) | undefined {
  if (message.type === "exec_approval_request") {
    return { type: "exec_approval", id: message.approval_id ?? message.call_id, decision: "denied" };
  }
  if (message.type === "apply_patch_approval_request") {
    return { type: "patch_approval", id: message.call_id, decision: "denied" };
  }
  if (message.type !== "request_user_input") return undefined;
  return { type: "user_input_answer", id: message.turn_id, response: { answers: {} } };
}

function jsonOf(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function idOf(value: unknown): string {
  const id: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "id") : undefined;
  return typeof id === "string" ? id : "";
}

/** One event a line; waits for a slow reader. */
class EventLines {
  readonly #stream: NodeJS.WriteStream;
  readonly #gone = new AbortController();

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on("error", (error) => this.#gone.abort(error));
  }

  /** Aborts when nobody reads any more. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Settles when the line has left the process, or nobody reads. Never rejects. */
  write(event: Event): Promise<void> {
    return new Promise((resolve) => {
      if (this.gone.aborted) return resolve();
      this.#stream.write(`${JSON.stringify(event)}\n`, () => resolve());
    });
  }
}
