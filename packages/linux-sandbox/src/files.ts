import type { Readable, Writable } from "node:stream";

import { CodexError, parseJson } from "@codex/common";
import type { FileEntry, Files } from "@codex/protocol";

import { AnswerDecoder, MOST_BYTES, decodeEntries, encodeRequest } from "./frames.js";
import type { FileAnswer, FileRequest } from "./frames.js";

/** Standard input and output of a process started with `fileServer`. */
export type FileChannel = { readonly input: Writable; readonly output: Readable };

/**
 * The protocol's `Files` over a running file server: the kernel decides, there and nowhere else. Failures throw
 * `file_error`; its `cause` has `code` (`"EROFS"`), `errno` (the same) and `path` when the kernel said no. Ending
 * `input` ends the server. An abort rejects at once; the operation itself may still happen.
 */
export function connectFiles(channel: FileChannel): Files {
  const connection = new Connection(channel);
  const change = async (request: FileRequest, signal: AbortSignal): Promise<void> => {
    await connection.ask(request, signal);
  };
  return {
    read: async (path, limit, signal) => (await connection.ask({ verb: "read", path, limit }, signal))?.body,
    write: (path, data, signal) => change({ verb: "write", path, data }, signal),
    remove: (path, signal) => change({ verb: "remove", path }, signal),
    rename: (from, to, signal) => change({ verb: "rename", path: from, other: to }, signal),
    mkdir: (path, signal) => change({ verb: "mkdir", path }, signal),
    list: async (path, signal) => sorted(entriesOf(await connection.ask({ verb: "list", path }, signal))),
    stat: async (path, signal) => entriesOf(await connection.ask({ verb: "stat", path }, signal))[0],
  };
}

function entriesOf(answer: { readonly body: Buffer } | undefined): readonly FileEntry[] {
  return answer === undefined ? [] : decodeEntries(answer.body);
}

function sorted(entries: readonly FileEntry[]): readonly FileEntry[] {
  return [...entries].sort((one, other) => (one.name < other.name ? -1 : 1));
}

type Waiting = { readonly settle: (answer: FileAnswer) => void; readonly fail: (error: Error) => void };

/** Answers come in the order of the questions. */
class Connection {
  readonly #channel: FileChannel;
  readonly #decoder = new AnswerDecoder();
  readonly #waiting: Waiting[] = [];
  #ended: Error | undefined;

  constructor(channel: FileChannel) {
    this.#channel = channel;
    channel.output.on("data", (part: Buffer) => this.#receive(part));
    channel.output.on("close", () => this.#end("the sandbox's file server ended"));
    channel.output.on("error", (error) => this.#end(`the sandbox's file server failed: ${error.message}`));
    channel.input.on("error", (error) => this.#end(`the sandbox's file server failed: ${error.message}`));
  }

  /** The answer's body; `undefined` when there is no such file. */
  ask(request: FileRequest, signal: AbortSignal): Promise<{ readonly body: Buffer } | undefined> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#ended !== undefined) throw this.#ended;
      const frame = encodeRequest(request);
      if (frame.length > MOST_BYTES) throw failure("EFBIG", request.path, "File too large");
      const abort = (): void => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.push({
        settle: (answer) => {
          signal.removeEventListener("abort", abort);
          if (answer.kind === "failed") reject(fileError(answer.body));
          else resolve(answer.kind === "absent" ? undefined : answer);
        },
        fail: (error) => {
          signal.removeEventListener("abort", abort);
          reject(error);
        },
      });
      this.#channel.input.write(frame);
    });
  }

  #receive(part: Buffer): void {
    for (const answer of this.#decoder.push(part)) {
      if (answer === undefined) return this.#end("the sandbox's file server sent something else than answers");
      this.#waiting.shift()?.settle(answer);
    }
  }

  #end(message: string): void {
    this.#ended ??= new CodexError("file_error", message);
    for (const waiting of this.#waiting.splice(0)) waiting.fail(this.#ended);
  }
}

function fileError(body: Buffer): CodexError {
  const value = parseJson(body.toString("utf8"));
  const field = (name: string): string => {
    const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
    return typeof found === "string" ? found : "unknown";
  };
  return failure(field("errno"), field("path"), field("message"));
}

/** The cause looks like an error of node:fs, which direct file operations throw. */
function failure(errno: string, path: string, message: string): CodexError {
  const cause = Object.assign(new Error(errno), { code: errno, errno, path });
  return new CodexError("file_error", `${errno}: ${message}: ${path}`, { cause });
}
