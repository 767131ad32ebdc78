import { collect, ev, frame, manualClock, startResponsesServer } from "@codex/test-support";
import type { DrivenStream, Reply } from "@codex/test-support";
import type { ModelEvent } from "@codex/protocol";
import { expect, it } from "vitest";
import { ask, clientOf, PROMPT } from "./fixture.js";
import type { ClientOptions } from "./fixture.js";

async function streamed(reply: Reply, options: ClientOptions = {}) {
  await using server = await startResponsesServer(reply);
  return await ask(clientOf(server.url, { spec: { request_max_retries: 0 }, ...options }));
}

/** A reply that the test drives once it is asked for. */
function driven(): { readonly reply: Reply; readonly stream: Promise<DrivenStream> } {
  let drive: (stream: DrivenStream) => void = () => undefined;
  const stream = new Promise<DrivenStream>((resolve) => (drive = resolve));
  return { reply: { type: "driven", drive: (open) => drive(open) }, stream };
}

const TURN = [
  ev.created(),
  ev.started({ type: "reasoning", id: "rs_1" }),
  ev.reasoningDelta("thin", 1),
  ev.reasoning("think"),
  ev.messageStarted(),
  ev.textDelta("größ"),
  ev.textDelta("er 🙂"),
  ev.message("größer 🙂", { phase: "final_answer" }),
  ev.call("c1", "exec_command", { cmd: "ls" }),
  ev.customInputDelta("*** ", "ctc_c2"),
  ev.customCall("c2", "apply_patch", "*** Begin Patch"),
  ev.completed({ id: "resp_9" }),
];

const EVENTS: readonly ModelEvent[] = [
  { type: "item_started", item_id: "rs_1", kind: "reasoning" },
  { type: "reasoning_delta", item_id: "rs_1", delta: "thin", section: 1 },
  {
    type: "item_done",
    item: {
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "think" }],
      encrypted_content: "encrypted",
    },
  },
  { type: "item_started", item_id: "msg_1", kind: "message" },
  { type: "text_delta", item_id: "msg_1", delta: "größ" },
  { type: "text_delta", item_id: "msg_1", delta: "er 🙂" },
  {
    type: "item_done",
    item: {
      type: "message",
      id: "msg_1",
      role: "assistant",
      content: [{ type: "output_text", text: "größer 🙂" }],
      phase: "final_answer",
      status: "completed",
    },
  },
  {
    type: "item_done",
    item: { type: "function_call", id: "fc_c1", name: "exec_command", arguments: '{"cmd":"ls"}', call_id: "c1" },
  },
  { type: "tool_input_delta", item_id: "ctc_c2", delta: "*** " },
  {
    type: "item_done",
    item: {
      type: "custom_tool_call",
      id: "ctc_c2",
      status: "completed",
      call_id: "c2",
      name: "apply_patch",
      input: "*** Begin Patch",
    },
  },
  {
    type: "completed",
    response_id: "resp_9",
    usage: {
      input_tokens: 100,
      cached_input_tokens: 10,
      cache_write_input_tokens: 0,
      output_tokens: 20,
      reasoning_output_tokens: 5,
      total_tokens: 120,
    },
    continues: false,
  },
];

it("turns a stream into events", async () => {
  expect(await streamed(TURN)).toEqual({ items: EVENTS, error: undefined });
});

it.each([1, 2, 3, 7, 64])("reads the same when the wire delivers %i bytes at a time", async (chunk_bytes) => {
  const { items } = await streamed({ type: "stream", events: TURN, chunk_bytes });
  expect(items).toEqual(EVENTS);
});

it("reads CRLF, comments, [DONE], events without a name, and skips what it cannot parse", async () => {
  const text = TURN.map(frame)
    .join("")
    .replaceAll("\n", "\r\n")
    .replaceAll(/event: .*\r\n/g, "");
  const noise = ': hello\r\n\r\ndata: {"type":"response.unheard_of"}\r\n\r\ndata: {broken\r\n\r\ndata: 7\r\n\r\n';
  const odd = 'data: {"type":"response.output_text.delta","delta":5}\n\ndata: {"type":"response.output_item.done"}\n\n';
  const script = [ev.raw(noise), ev.raw(odd), ev.raw(text), ev.raw("data: [DONE]\n\n")];
  expect(await streamed(script)).toEqual({ items: EVENTS, error: undefined });
});

it("cut after any event: keeps what came, and advises to try again", async () => {
  const ends = ["end", "reset"] as const;
  for (let events = 0; events < TURN.length; events += 1) {
    const ending = ends[events % 2] ?? "end";
    const { items, error } = await streamed({ type: "stream", events: TURN, cut_after_events: events, ending });
    expect(items).toEqual(EVENTS.slice(0, items.length));
    expect(error).toMatchObject({ code: "stream_disconnected", retry: "backoff" });
  }
});

it("cut after any byte: never crashes, never invents", async () => {
  const bytes = Buffer.byteLength(TURN.map(frame).join(""));
  for (let step = 0; step < 60; step += 1) {
    const cut_after_bytes = Math.floor((bytes * step) / 60) + (step % 7);
    const ending = step % 2 === 0 ? "end" : "reset";
    const { items, error } = await streamed({ type: "stream", events: TURN, cut_after_bytes, ending });
    expect(items).toEqual(EVENTS.slice(0, items.length));
    expect(error).toMatchObject({ code: "stream_disconnected", retry: "backoff" });
  }
});

it("does not deliver a last event without its blank line", async () => {
  const reply = [ev.message("kept"), ev.raw(frame(ev.completed()).trimEnd())];
  const { items, error } = await streamed(reply);
  expect(items.map(({ type }) => type)).toEqual(["item_done"]);
  expect(String(error)).toContain("stream closed before response.completed");
});

it.each<[string, Reply]>([
  ["no content", { type: "status", status: 204 }],
  ["a completed without an id", [{ type: "response.completed", response: {} }]],
])("takes %s for a stream that closed early", async (_, reply) => {
  const { error } = await streamed(reply);
  expect(error).toMatchObject({ code: "stream_disconnected", retry: "backoff" });
});

it.each<[string, Reply, string]>([
  [
    "JSON",
    { type: "status", status: 200, body: { id: "resp_1" } },
    'application/json in place of a stream of events: "{',
  ],
  [
    "a page",
    { type: "status", status: 200, headers: { "content-type": "text/html" }, body: "<html>Log\n in" },
    'text/html in place of a stream of events: "<html>Log in". Check base_url',
  ],
])("says what came when %s came in place of a stream", async (_, reply, text) => {
  const { error } = await streamed(reply);
  expect(error).toMatchObject({ code: "response_stream_failed", retry: "backoff", status: 200 });
  expect(String(error)).toContain(text);
});

it("reads a stream whatever its content type says", async () => {
  const { items } = await streamed({ type: "stream", events: TURN, headers: { "content-type": "text/plain" } });
  expect(items).toEqual(EVENTS);
});

it("does not wait for the connection after completed", async () => {
  await using server = await startResponsesServer({ type: "stream", events: [ev.completed()], ending: "stay" });
  expect((await ask(clientOf(server.url))).items).toHaveLength(1);
});

it("reads missing usage as unknown, and missing parts of it as zero", async () => {
  const none = await streamed([ev.completed({ usage: null })]);
  expect(none.items).toMatchObject([{ usage: undefined }]);
  const some = await streamed([ev.completed({ usage: { input_tokens: 7 } })]);
  expect(some.items).toMatchObject([{ usage: { input_tokens: 7, total_tokens: 7, output_tokens: 0 } }]);
});

it("says when the server wants another step", async () => {
  const { items } = await streamed([ev.completed({ end_turn: false })]);
  expect(items).toMatchObject([{ type: "completed", continues: true }]);
});

it("surfaces response.failed when the stream closes, after the items that came with it", async () => {
  const { items, error } = await streamed([ev.failed("insufficient_quota", "no"), ev.message("late")]);
  expect(items).toHaveLength(1);
  expect(error).toMatchObject({ code: "quota_exceeded", retry: "no" });
});

it.each([
  ["context_length_exceeded", "x", "context_window_exceeded", "no"],
  ["usage_not_included", "x", "usage_not_included", "no"],
  ["invalid_prompt", "bad prompt", "invalid_request", "no"],
  ["cyber_policy", "x", "policy_refusal", "no"],
  ["server_is_overloaded", "x", "server_overloaded", "no"],
  ["slow_down", "x", "server_overloaded", "no"],
  ["rate_limit_exceeded", "Please try again in 1.5s.", "rate_limited", { after_ms: 1500 }],
  ["rate_limit_exceeded", "Try again in 700ms", "rate_limited", { after_ms: 700 }],
  ["rate_limit_exceeded", "try again in 2 seconds", "rate_limited", { after_ms: 2000 }],
  ["rate_limit_exceeded", "later", "rate_limited", "backoff"],
  ["server_error", "Try again in 1s", "stream_disconnected", "backoff"],
])("response.failed %s (%s) is %s, retry %o", async (wire, message, code, retry) => {
  expect((await streamed([ev.failed(wire, message)])).error).toMatchObject({ code, retry });
});

it("takes response.incomplete as final, and keeps what came before", async () => {
  const { items, error } = await streamed([ev.message("part"), ev.incomplete("max_output_tokens")]);
  expect(items).toHaveLength(1);
  expect(error).toMatchObject({ code: "incomplete_response", retry: "no" });
  expect(String(error)).toContain("Incomplete response returned, reason: max_output_tokens");
});

it("ignores error events, but tells what they said", async () => {
  const { error } = await streamed([{ type: "error", message: "boom" }]);
  expect(error).toMatchObject({ code: "stream_disconnected", message: expect.stringContaining("boom") });
});

it("gives up a stream in which nothing happens for the idle time", async () => {
  const { reply, stream } = driven();
  await using server = await startResponsesServer(reply);
  const clock = manualClock();
  const client = clientOf(server.url, { clock, spec: { stream_idle_timeout_ms: 1000 } });
  const asking = ask(client);
  const open = await stream;
  open.send(ev.created(), ev.message("hi"));
  open.write(": still here\n\n");
  await clock.asleep(1);
  clock.advance(1000);
  const { error } = await asking;
  expect(error).toMatchObject({ code: "stream_disconnected", retry: "backoff" });
  expect(String(error)).toContain("idle timeout waiting for SSE");
  await open.closed;
});

it("counts the idle time from the last event", async () => {
  const { reply, stream } = driven();
  await using server = await startResponsesServer(reply);
  const clock = manualClock();
  const client = clientOf(server.url, { clock, spec: { stream_idle_timeout_ms: 1000 } });
  const seen: string[] = [];
  const reading = collect(client.stream(PROMPT, new AbortController().signal), (event) => {
    seen.push(event.type);
    clock.advance(900);
    if (seen.length < 3) void stream.then((open) => open.send(ev.textDelta("x")));
    else void stream.then((open) => open.send(ev.completed()));
    return false;
  });
  (await stream).send(ev.textDelta("x"));
  await reading;
  expect(seen).toEqual(["text_delta", "text_delta", "text_delta", "completed"]);
});

it("gives up a server that takes the request and never answers, without asking again", async () => {
  await using server = await startResponsesServer({ type: "silence" });
  const clock = manualClock();
  const asking = ask(clientOf(server.url, { clock }));
  await server.request(0);
  await clock.asleep(300_000);
  clock.advance(300_000);
  expect((await asking).error).toMatchObject({ code: "stream_disconnected", retry: "backoff" });
});

it("does not wait long for the close after response.failed", async () => {
  await using server = await startResponsesServer({
    type: "stream",
    events: [ev.failed("insufficient_quota", "no")],
    ending: "stay",
  });
  const clock = manualClock();
  const asking = ask(clientOf(server.url, { clock }));
  await clock.asleep(300_000);
  while (!clock.sleeps.includes(5_000)) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(5_000);
  expect((await asking).error).toMatchObject({ code: "quota_exceeded" });
});

it.each(["before the answer", "in the stream"])("aborts %s with the signal's reason, and closes", async (when) => {
  const { reply, stream } = driven();
  await using server = await startResponsesServer(when === "in the stream" ? reply : { type: "silence" });
  const controller = new AbortController();
  const asking = ask(clientOf(server.url), PROMPT, controller.signal);
  await server.request(0);
  const reason = new Error("interrupted");
  if (when === "in the stream") (await stream).send(ev.textDelta("x"));
  controller.abort(reason);
  expect((await asking).error).toBe(reason);
  if (when === "in the stream") await (await stream).closed;
});

it("closes the connection when its reader leaves", async () => {
  const { reply, stream } = driven();
  await using server = await startResponsesServer(reply);
  const reading = collect(clientOf(server.url).stream(PROMPT, new AbortController().signal), () => true);
  (await stream).send(ev.textDelta("x"));
  expect(await reading).toHaveLength(1);
  await (
    await stream
  ).closed;
});

it("tells rate limits and another model from the head of the response, the model once a turn", async () => {
  const headers = {
    "x-codex-primary-used-percent": "12.5",
    "x-codex-primary-window-minutes": "300",
    "x-codex-secondary-used-percent": "0",
    "openai-model": "other",
  };
  const reply = { type: "stream", events: [ev.completed()], headers } as const;
  await using server = await startResponsesServer(reply, reply);
  const client = clientOf(server.url);
  const limits: ModelEvent = {
    type: "rate_limits",
    snapshot: {
      limit_id: "codex",
      limit_name: null,
      primary: { used_percent: 12.5, window_minutes: 300, resets_at: null },
      secondary: null,
      credits: null,
      plan_type: null,
    },
  };
  expect((await ask(client)).items.slice(0, 2)).toEqual([limits, { type: "rerouted", from: "gpt-5", to: "other" }]);
  expect((await ask(client)).items.map(({ type }) => type)).toEqual(["rate_limits", "completed"]);
});
