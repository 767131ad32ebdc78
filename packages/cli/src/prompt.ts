import type { Readable } from "node:stream";
import { CodexError, messageOf, onAbort, withTimeout } from "@codex/common";
import { decodeInput } from "./decode-input.js";
import type { StandardInput } from "./standard-input.js";

/** Longest prompt, in UTF-16 units (live.md §1.2). */
export const PROMPT_LIMIT = 1_048_576;
/** What is read before it is certain that the prompt is too long: each unit has at most four bytes. */
const BYTE_LIMIT = PROMPT_LIMIT * 4 + 4;

/**
 * How long a pipe that accompanies a prompt argument may take to its first byte, in milliseconds. Whoever starts us
 * with an open pipe and never writes must not hang us; whoever pipes a slow command into us should be heard. Config
 * and session are prepared meanwhile.
 */
const GRACE_MS = 1000;

export type PromptRequest = {
  /** The positional argument; `-` and absent: stdin is the prompt. */
  readonly argument: string | undefined;
  readonly input: StandardInput;
  /** Takes whole lines for stderr. */
  readonly note: (text: string) => void;
  readonly graceMs?: number;
  /** What becomes of piped input beside a prompt argument; default: it is added. */
  readonly piped?: "added" | "ignored";
};

/**
 * The prompt of a run (core.md §6.2, live.md §1.4), with one difference: beside a prompt argument an open, silent pipe
 * is waited for only as long as the grace, and leaving it is said. Throws `bad_request`.
 */
export async function readPrompt(request: PromptRequest, signal: AbortSignal): Promise<string> {
  const prompt = await assemble(request, signal);
  if (prompt.length > PROMPT_LIMIT) throw tooLong();
  return prompt;
}

async function assemble(request: PromptRequest, signal: AbortSignal): Promise<string> {
  const { argument, input, note } = request;
  if (argument !== undefined && argument !== "-") {
    return request.piped === "ignored" ? argument : withPiped(argument, request, signal);
  }
  if (argument === undefined) {
    if (input.kind === "terminal") {
      throw new CodexError("bad_request", 'No prompt provided. Give it as an argument: codex exec "…", or pipe it in.');
    }
    note("Reading prompt from stdin...\n");
  }
  const text = decodeInput(await readToEnd(input.stream, signal));
  if (text.trim() === "") throw new CodexError("bad_request", "No prompt provided via stdin.");
  return text;
}

async function withPiped(prompt: string, request: PromptRequest, signal: AbortSignal): Promise<string> {
  const { input, note, graceMs = GRACE_MS } = request;
  if (input.kind === "terminal") return prompt;
  note("Reading additional input from stdin...\n");
  if (input.kind === "pipe" && !(await speaks(input.stream, graceMs, signal))) {
    input.stream.destroy();
    note(`Nothing came from stdin within ${graceMs} ms: starting without it (to wait for it, use - as the prompt).\n`);
    return prompt;
  }
  const text = decodeInput(await readToEnd(input.stream, signal));
  if (text.trim() === "") return prompt;
  return `${prompt}\n\n<stdin>\n${text}${text.endsWith("\n") ? "" : "\n"}</stdin>`;
}

async function readToEnd(stream: Readable, signal: AbortSignal): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  using _abort = onAbort(signal, () => stream.destroy());
  try {
    for await (const piece of stream) {
      if (!(piece instanceof Uint8Array)) throw new TypeError("it must give bytes");
      pieces.push(piece);
      length += piece.length;
      if (length > BYTE_LIMIT) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new CodexError("bad_request", `cannot read stdin: ${messageOf(error)}`, { cause: error });
  }
  signal.throwIfAborted();
  if (length > BYTE_LIMIT) throw tooLong();
  return Buffer.concat(pieces);
}

/** True when there is a byte, an end or an error to read within the time. Takes nothing from the stream. */
async function speaks(stream: Readable, ms: number, signal: AbortSignal): Promise<boolean> {
  using timeout = withTimeout(signal, ms);
  const heard = await new Promise<boolean>((resolve) => {
    for (const event of ["readable", "end", "error"]) stream.once(event, () => resolve(true));
    onAbort(timeout.signal, () => resolve(false));
  });
  signal.throwIfAborted();
  return heard;
}

function tooLong(): CodexError {
  const advice = "put it into a file and name the file in the prompt";
  return new CodexError("bad_request", `The prompt is longer than ${PROMPT_LIMIT} characters: ${advice}.`);
}
