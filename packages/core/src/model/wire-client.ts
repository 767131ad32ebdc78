import { CodexError } from "@codex/common";
import type { Clock, ModelClient, ModelEvent, ModelInfo, Prompt, SessionId, TurnSettings } from "@codex/protocol";
import { backoff } from "./backoff.js";
import type { Connection } from "./connection.js";
import { disconnected } from "./stream-errors.js";
import { errorOfResponse, errorOfTransport, retryAfter } from "./http-errors.js";
import { watchIdle } from "./idle-watch.js";
import type { IdleWatch } from "./idle-watch.js";
import { IDLE_TEXT, readStream } from "./wire-stream.js";
import { rateLimitsOf } from "./rate-limits.js";
import { requestHeaders } from "./request.js";
import type { WireResponse } from "./transport.js";
import type { Wire } from "./wire.js";

/** How one request is signed and where it goes. */
export type Signature = {
  readonly base_url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The server keeps a list of its models in our form. */
  readonly lists_models: boolean;
  /** Kept out of messages. */
  readonly secrets: readonly string[];
  /** What the person can do when the key is refused. */
  readonly advice: string;
  /** After a 401: another one, or `undefined` when there is none. Throws `unauthorized`. */
  readonly renew?: (signal: AbortSignal) => Promise<Signature | undefined>;
};

export type WireClientOptions = {
  readonly wire: Wire;
  readonly info: ModelInfo;
  readonly settings: TurnSettings;
  readonly session: SessionId;
  readonly clock: Clock;
  readonly connection: Connection;
  readonly originator: string;
  readonly user_agent: string;
  readonly installation_id: string | undefined;
  /** Azure keeps responses. */
  readonly stored: boolean;
  readonly query: Readonly<Record<string, string>>;
  readonly request_max_retries: number;
  readonly stream_max_retries: number;
  readonly idle_timeout_ms: number;
  readonly unreachable_limit_ms: number;
  /** Told the head of each good response. */
  readonly onResponse: (header: (name: string) => string | null) => void;
  /** Throws `missing_credential`. */
  readonly sign: (signal: AbortSignal) => Promise<Signature>;
};

/** What one turn's requests have in common beyond the options. */
type Turn = {
  readonly options: WireClientOptions;
  /** Since when nobody could be reached: `monotonic()`, or `undefined` while all is well. */
  unreachable_since: number | undefined;
  /** `x-codex-turn-state` of the turn's first response. */
  turn_state: string | undefined;
  rerouted: boolean;
};

type Request = { readonly body: string; readonly signature: Signature; readonly watch: IdleWatch };

/** A wire as a `ModelClient`: requests, their retries, silence and errors (core.md §2). One per turn. */
export function createWireClient(options: WireClientOptions): ModelClient {
  const turn: Turn = { options, unreachable_since: undefined, turn_state: undefined, rerouted: false };
  return {
    info: options.info,
    max_retries: options.stream_max_retries,
    stream: (prompt, signal) => stream(turn, prompt, signal),
  };
}

async function* stream(turn: Turn, prompt: Prompt, signal: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
  signal.throwIfAborted();
  const { options } = turn;
  const signature = await options.sign(signal);
  const body = JSON.stringify(options.wire.body(prompt, options));
  using watch = watchIdle(options.clock, options.idle_timeout_ms, signal);
  try {
    const { response, request } = await openSigned(turn, { body, signature, watch });
    const header = (name: string): string | null => response.headers.get(name);
    const snapshot = rateLimitsOf(header, limitOf(response));
    if (snapshot !== undefined) yield { type: "rate_limits", snapshot };
    if (!isGood(response)) throw await refusal(response, request, options);
    yield* greet(turn, response);
    const { secrets } = request.signature;
    yield* readStream({ response, watch, wire: options.wire, secrets });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** A 429 names the limit that was hit. */
function limitOf(response: WireResponse): string {
  return response.headers.get("x-codex-active-limit") ?? "codex";
}

function isGood(response: WireResponse): boolean {
  return response.status >= 200 && response.status < 300;
}

type Opened = { readonly response: WireResponse; readonly request: Request };

/** How often a refused signature is renewed: once from storage, once from who issued it (core.md §2.4). */
const RENEWALS = 2;

async function openSigned(turn: Turn, first: Request): Promise<Opened> {
  let request = first;
  for (let renewals = 0; ; renewals += 1) {
    const response = await open(turn, request);
    if (response.status !== 401 || renewals === RENEWALS) return { response, request };
    const signature = await request.signature.renew?.(request.watch.signal);
    if (signature === undefined) return { response, request };
    response.abandon();
    request = { ...request, signature };
  }
}

/** The first response that another try would not better: request-level retries of core.md §2.6. */
async function open(turn: Turn, request: Request): Promise<WireResponse> {
  const { clock, request_max_retries } = turn.options;
  for (let attempt = 1; ; attempt += 1) {
    const response = await post(turn, request);
    const isLast = attempt > request_max_retries;
    if (!("error" in response)) {
      if (response.status < 500 || isLast) return response;
      response.abandon();
    } else if (isLast || response.error.retry === "no") {
      throw response.error;
    }
    const asked = "error" in response ? undefined : retryAfter(response.headers.get("retry-after"), clock.now());
    const delay = asked ?? backoff(attempt);
    request.watch.limit(delay + turn.options.idle_timeout_ms);
    await clock.sleep(delay, request.watch.signal);
  }
}

async function post(turn: Turn, request: Request): Promise<WireResponse | { readonly error: CodexError }> {
  const { wire, connection, query, clock, session, originator, user_agent } = turn.options;
  const { signature, watch, body } = request;
  const started = clock.monotonic();
  const headers = requestHeaders({
    session,
    originator,
    user_agent,
    turn_state: turn.turn_state,
    extra: signature.headers,
  });
  try {
    const response = await connection.post({
      path: wire.path,
      base_url: signature.base_url,
      query,
      headers,
      body,
      signal: watch.signal,
    });
    turn.unreachable_since = undefined;
    watch.heard();
    return response;
  } catch (error) {
    if (watch.expired) throw idleError();
    watch.signal.throwIfAborted();
    const known = errorOfTransport(error, originOf(signature.base_url), signature.secrets);
    return { error: bounded(turn, known, started) };
  }
}

/** Who cannot be reached for too long is given up: no retry may turn that into an endless wait (live.md §9.8). */
function bounded(turn: Turn, error: CodexError, started: number): CodexError {
  const { clock, unreachable_limit_ms } = turn.options;
  if (error.code !== "connection_failed") {
    turn.unreachable_since = undefined;
    return error;
  }
  turn.unreachable_since ??= started;
  const seconds = Math.round((clock.monotonic() - turn.unreachable_since) / 1000);
  if (clock.monotonic() - turn.unreachable_since < unreachable_limit_ms) return error;
  return new CodexError("connection_failed", `${error.message} Gave up after ${seconds} s.`, { cause: error.cause });
}

function originOf(base_url: string): string {
  return URL.canParse(base_url) ? new URL(base_url).origin : base_url;
}

async function refusal(response: WireResponse, request: Request, options: WireClientOptions): Promise<CodexError> {
  const { signature, watch } = request;
  const body = await response.text().catch((error: unknown) => {
    if (watch.expired) return "";
    watch.signal.throwIfAborted();
    return `(the body broke off: ${String(error)})`;
  });
  const { status, statusText: status_text, url } = response;
  const header = (name: string): string | null => response.headers.get(name);
  const context = { secrets: signature.secrets, advice: signature.advice, now: options.clock.now() };
  return errorOfResponse({ status, status_text, header, body, url }, context);
}

/** What the head of a good response says (core.md §2.3). */
function* greet(turn: Turn, response: WireResponse): Generator<ModelEvent, void, undefined> {
  turn.options.onResponse((name) => response.headers.get(name));
  turn.turn_state ??= response.headers.get("x-codex-turn-state") ?? undefined;
  const asked = turn.options.settings.model;
  const served = response.headers.get("openai-model") ?? response.headers.get("x-openai-model") ?? asked;
  if (turn.rerouted || served.startsWith(asked)) return;
  turn.rerouted = true;
  yield { type: "rerouted", from: asked, to: served };
}

function idleError(): CodexError {
  return disconnected(IDLE_TEXT);
}
