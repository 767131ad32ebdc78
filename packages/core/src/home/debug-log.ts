import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from "node:fs";
import path from "node:path";
import { CodexError } from "@codex/common";
import type { Clock, Event, EventMsg, EventSink, SessionId } from "@codex/protocol";
import { redact } from "../model/redact.js";

/** How much is told. `info`: what a run did; `debug`: every event; `trace`: every piece of text as it arrives too. */
const LEVELS = ["off", "info", "debug", "trace"] as const;
type Level = (typeof LEVELS)[number];

/** Bytes at which the file becomes `codex.log.1`, and most that one session adds. */
const FILE_LIMIT = 8 * 1024 * 1024;
/** Characters of one line. */
const LINE_LIMIT = 4000;
/** Bytes that may wait for a slow disk. */
const WAITING_LIMIT = 1024 * 1024;

const PIECES: readonly EventMsg["type"][] = [
  "agent_message_content_delta",
  "reasoning_content_delta",
  "exec_command_output_delta",
];
const STEPS: readonly EventMsg["type"][] = [
  "session_configured",
  "task_started",
  "task_complete",
  "turn_aborted",
  "error",
  "stream_error",
  "warning",
  "exec_command_begin",
  "exec_command_end",
  "patch_apply_end",
  "token_count",
  "context_compacted",
  "shutdown_complete",
];

export type DebugLogOptions = {
  /** The value of `CODEX_LOG`. */
  readonly level: string | undefined;
  /** `log_dir`; made when it is needed. */
  readonly folder: string;
  readonly session: SessionId;
  /** Values that may not be written. */
  readonly secrets: readonly string[];
  readonly clock: Clock;
};

/** `codex.log`, one JSON object a line, for the owner only. None without `CODEX_LOG`. Throws `bad_request`. */
export function debugLogs(options: DebugLogOptions): readonly EventSink[] {
  const level = LEVELS.find((name) => name === (options.level ?? "off").toLowerCase());
  if (level === undefined) {
    throw new CodexError("bad_request", `CODEX_LOG=${options.level}: expected one of ${LEVELS.join(", ")}`);
  }
  return level === "off" ? [] : [new DebugLog(level, options)];
}

class DebugLog implements EventSink {
  readonly #level: Level;
  readonly #options: DebugLogOptions;
  readonly #stream: WriteStream;
  #room = FILE_LIMIT;
  #dropped = 0;

  constructor(level: Level, options: DebugLogOptions) {
    this.#level = level;
    this.#options = options;
    this.#stream = openLog(options.folder);
    // a full disk must not end the session
    this.#stream.on("error", () => (this.#room = 0));
  }

  write({ msg }: Event): void {
    if (!this.#tells(msg.type)) return;
    if (this.#room <= 0 || this.#stream.writableLength > WAITING_LIMIT) {
      this.#dropped += 1;
      return;
    }
    const lost = this.#dropped === 0 ? {} : { dropped: this.#dropped };
    this.#dropped = 0;
    const { session, secrets, clock } = this.#options;
    const text = redact(JSON.stringify(msg), secrets);
    const event = text.length > LINE_LIMIT ? `${text.slice(0, LINE_LIMIT)}… ${text.length} characters` : text;
    const line = `${JSON.stringify({ time: new Date(clock.now()).toISOString(), session, ...lost, event })}\n`;
    this.#room -= line.length;
    this.#stream.write(line);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#stream.once("close", resolve);
      this.#stream.end(this.#dropped === 0 ? "" : `{"dropped":${this.#dropped}}\n`);
    });
  }

  #tells(type: EventMsg["type"]): boolean {
    if (this.#level === "trace") return true;
    return this.#level === "debug" ? !PIECES.includes(type) : STEPS.includes(type);
  }
}

function openLog(folder: string): WriteStream {
  const file = path.join(folder, "codex.log");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const facts = statSync(file, { throwIfNoEntry: false });
  if (facts !== undefined && facts.size >= FILE_LIMIT) renameSync(file, `${file}.1`);
  return createWriteStream(file, { flags: "a", mode: 0o600 });
}
