import { codeOf, messageOf } from "@codex/common";
import type { RetryAdvice } from "@codex/common";
import type { ModelClient, ModelEvent, ModelProvider, Prompt } from "@codex/protocol";
import { isErrorCode } from "@codex/protocol";
import { fingerprint } from "./fingerprint.js";
import type { Mark } from "./fingerprint.js";
import { nameDirectories } from "./normalize.js";
import type { Places } from "./normalize.js";
import { encodeHeader, encodeStep } from "./recording.js";
import type { RecordedError } from "./recording.js";
import { redact } from "./redact.js";
import { changeWords, joinDeltas } from "./words.js";

/** The places that a recording names, besides each turn's working directory. */
export type RecordingScope = Omit<Places, "cwd">;

export type RecordOptions = RecordingScope & {
  /** Takes one line without its line end. */
  readonly append: (line: string) => void;
  /** Values to redact besides everything shaped like a credential. */
  readonly secrets?: readonly string[];
};

/** A provider whose streams are also written down, one line per request. A stream that was left early leaves none. */
export function recordModels(models: ModelProvider, options: RecordOptions): ModelProvider {
  const { home, temporary, append, secrets = [] } = options;
  let before: readonly Mark[] = [];
  append(encodeHeader());
  return {
    client: (settings, ids) => {
      const client = models.client(settings, ids);
      const places = { cwd: settings.cwd, home, temporary };
      const write = (prompt: Prompt, events: readonly ModelEvent[], error?: RecordedError): void => {
        const marks = fingerprint(prompt.input, places, secrets);
        const words = recordedEvents(events, places, secrets);
        const step = { model: settings.model, marks, events: words, ...(error === undefined ? {} : { error }) };
        append(encodeStep(step, before));
        before = marks;
      };
      return {
        info: client.info,
        max_retries: client.max_retries,
        stream: (prompt, signal) => listen(client, { prompt, signal, write }),
      };
    },
  };
}

type Listening = {
  readonly prompt: Prompt;
  readonly signal: AbortSignal;
  readonly write: (prompt: Prompt, events: readonly ModelEvent[], error?: RecordedError) => void;
};

async function* listen(
  client: ModelClient,
  { prompt, signal, write }: Listening,
): AsyncGenerator<ModelEvent, void, undefined> {
  const events: ModelEvent[] = [];
  try {
    for await (const event of client.stream(prompt, signal)) {
      events.push(event);
      if (event.type === "completed") write(prompt, events);
      yield event;
    }
  } catch (error) {
    const known = signal.aborted ? undefined : recordedError(error);
    if (known !== undefined) write(prompt, events, known);
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
