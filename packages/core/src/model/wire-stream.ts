import { CodexError, codeOf, messageOf } from "@codex/common";
import type { ModelEvent } from "@codex/protocol";
import type { IdleWatch } from "./idle-watch.js";
import { redact } from "./redact.js";
import type { WireResponse } from "./transport.js";
import type { Decoder, Wire } from "./wire.js";

export const IDLE_TEXT = "idle timeout waiting for SSE";

/** After `response.failed` the server has no reason to stay: this much silence ends the stream too. */
const FAILED_IDLE_MS = 5_000;

/** Characters of a body that is no stream, for the message about it. */
const SAMPLE_LENGTH = 200;

export type StreamReading = {
  readonly response: WireResponse;
  readonly watch: IdleWatch;
  readonly wire: Wire;
  /** Kept out of messages. */
  readonly secrets: readonly string[];
};

/** The events of a good response. Throws what its end means unless it was complete. */
export async function* readStream(reading: StreamReading): AsyncGenerator<ModelEvent, void, undefined> {
  const { response, watch, wire, secrets } = reading;
  const sample = { text: "", events: 0 };
  const decoder = wire.createDecoder({
    secrets,
    onEvent: () => {
      sample.events += 1;
      watch.heard();
    },
  });
  let ended: string | undefined;
  try {
    try {
      yield* pump(reading, decoder, sample);
    } catch (error) {
      ended = whyEnded(error, decoder, watch);
    }
    if (!decoder.completed) yield* decoder.flush();
    if (decoder.completed) return;
    if (decoder.fatal !== undefined) throw decoder.fatal;
  } finally {
    if (decoder.completed) await response.release();
    else response.abandon();
  }
  throw noStream(response, sample, secrets) ?? decoder.ending(ended);
}

/** What a body looked like, in case it is no stream at all. */
type Sample = { text: string; events: number };

async function* pump(
  { response, watch }: StreamReading,
  decoder: Decoder,
  sample: Sample,
): AsyncGenerator<ModelEvent, void, undefined> {
  let hasFailed = false;
  for await (const chunk of response.chunks()) {
    if (sample.text.length < SAMPLE_LENGTH) sample.text += chunk.slice(0, SAMPLE_LENGTH);
    yield* decoder.push(chunk);
    if (decoder.completed || decoder.fatal !== undefined) return;
    if (decoder.failed && !hasFailed) watch.limit(FAILED_IDLE_MS);
    hasFailed = decoder.failed;
  }
}

/** Why the body broke off, in words. Throws what is not about the body. */
function whyEnded(error: unknown, decoder: Decoder, watch: IdleWatch): string {
  if (watch.expired) return IDLE_TEXT;
  watch.signal.throwIfAborted();
  if (codeOf(error) === "internal" || decoder.completed) throw error;
  return `the connection broke (${codeOf(error) ?? messageOf(error)})`;
}

/** A page or a JSON body in place of events: another address is meant, or something stands in between. */
function noStream(response: WireResponse, sample: Sample, secrets: readonly string[]): CodexError | undefined {
  const type = response.headers.get("content-type") ?? "";
  const isStream = type === "" || type.includes("event-stream");
  if (isStream || sample.events > 0 || sample.text.trim() === "") return undefined;
  const start = redact(sample.text.replace(/\s+/g, " ").trim().slice(0, SAMPLE_LENGTH), secrets);
  const text =
    `The server answered with ${type} in place of a stream of events: ${JSON.stringify(start)}. ` +
    "Check base_url of the model provider, and what stands between.";
  return new CodexError("response_stream_failed", text, { retry: "backoff", status: response.status });
}
