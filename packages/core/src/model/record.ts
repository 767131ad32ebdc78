import { codeOf, messageOf } from "@codex/common";
import type { RetryAdvice } from "@codex/common";
import type { Clock, ModelClient, ModelEvent, ModelProvider, Prompt } from "@codex/protocol";
import { isErrorCode } from "@codex/protocol";
import { fingerprint } from "./fingerprint.js";
import type { Mark } from "./fingerprint.js";
import { nameDirectories } from "./normalize.js";
import type { Places } from "./normalize.js";
import { encodeHeader, encodeStep } from "./recording.js";
import type { RecordedError, RunIdentity } from "./recording.js";
import { redact } from "./redact.js";
import { changeWords, joinDeltas } from "./words.js";

/** The places that a recording names, besides each turn's working directory. */
export type RecordingScope = Omit<Places, "cwd">;

export type RecorderOptions = {
  readonly scope: RecordingScope;
  readonly run: RunIdentity;
  readonly clock: Clock;
  /** Takes one line without its line end. */
  readonly append: (line: string) => void;
};

export type Recorder = {
  /**
   * A provider whose streams are also written down, one line per request. A stream that was left early leaves none.
   * `secrets`: values to redact besides everything shaped like a credential.
   */
  wrap(models: ModelProvider, secrets?: readonly string[]): ModelProvider;
};

/** Starts a recording; all sessions of a run may write to it. */
export function createRecorder({ scope, run, clock, append }: RecorderOptions): Recorder {
  let before: readonly Mark[] = [];
  append(encodeHeader(run));
  return {
    wrap: (models, secrets = []) => ({
      client: (settings, ids) => {
        const client = models.client(settings, ids);
        const places = { cwd: settings.cwd, ...scope };
        const write: Write = (prompt, { asked_at, events, error }) => {
          const marks = fingerprint(prompt.input, places, secrets);
          const words = recordedEvents(events, places, secrets);
          const at = asked_at - run.started_at;
          const step = { model: settings.model, at, marks, events: words, ...(error === undefined ? {} : { error }) };
          append(encodeStep(step, before));
          before = marks;
        };
        return {
          info: client.info,
          max_retries: client.max_retries,
          stream: (prompt, signal) => listen(client, { prompt, signal, write, asked_at: clock.now() }),
        };
      },
    }),
  };
}

/** How a stream went. */
type Heard = { readonly asked_at: number; readonly events: readonly ModelEvent[]; readonly error?: RecordedError };
type Write = (prompt: Prompt, heard: Heard) => void;

type Listening = {
  readonly prompt: Prompt;
  readonly signal: AbortSignal;
  readonly write: Write;
  /** Epoch milliseconds. */
  readonly asked_at: number;
};

async function* listen(
  client: ModelClient,
  { prompt, signal, write, asked_at }: Listening,
): AsyncGenerator<ModelEvent, void, undefined> {
  const events: ModelEvent[] = [];
  try {
    for await (const event of client.stream(prompt, signal)) {
      events.push(event);
      if (event.type === "completed") write(prompt, { asked_at, events });
      yield event;
    }
  } catch (error) {
    const known = signal.aborted ? undefined : recordedError(error);
    if (known !== undefined) write(prompt, { asked_at, events, error: known });
    throw error;
  }
}

/** Without account data and what only the server can read. */
function recordedEvents(events: readonly ModelEvent[], places: Places, secrets: readonly string[]): ModelEvent[] {
  const clean = (text: string): string => redact(nameDirectories(text, places), secrets);
  const inJson: Places = {
    cwd: escapeJson(places.cwd),
    home: escapeJson(places.home),
    temporary: escapeJson(places.temporary),
  };
  const change = { plain: clean, json: (text: string) => redact(nameDirectories(text, inJson), secrets) };
  return joinDeltas(events)
    .filter(({ type }) => type !== "rate_limits")
    .map((event) => changeWords(withoutEncrypted(event), change));
}

function withoutEncrypted(event: ModelEvent): ModelEvent {
  if (event.type !== "item_done" || event.item.type !== "reasoning") return event;
  return { ...event, item: { ...event.item, encrypted_content: null } };
}

/** A text as it stands inside a JSON string. */
export function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function recordedError(error: unknown): RecordedError | undefined {
  const code = codeOf(error);
  if (!isErrorCode(code) || typeof error !== "object" || error === null) return undefined;
  const status = "status" in error && typeof error.status === "number" ? { status: error.status } : {};
  return { code, message: redact(messageOf(error)), retry: adviceOf(error), ...status };
}

function adviceOf(error: object): RetryAdvice {
  const retry = "retry" in error ? error.retry : undefined;
  if (retry === "backoff") return retry;
  if (typeof retry !== "object" || retry === null || !("after_ms" in retry)) return "no";
  return typeof retry.after_ms === "number" ? { after_ms: retry.after_ms } : "no";
}
