import { chat, ev, startResponsesServer } from "@codex/test-support";
import type { RawText, Reply } from "@codex/test-support";
import type { ModelEvent, ResponseItem } from "@codex/protocol";
import { describe, expect, it } from "vitest";
import { chatMessages } from "../../src/model/chat-messages.js";
import { ask, clientOf, PROMPT } from "./fixture.js";
import type { ClientOptions } from "./fixture.js";

const CHAT: ClientOptions = { spec: { kind: "chat", request_max_retries: 0 } };

async function streamed(reply: Reply, options: ClientOptions = CHAT) {
  await using server = await startResponsesServer(reply);
  return await ask(clientOf(server.url, options));
}

/** Ids of our own making, in order of appearance. */
function named(events: readonly ModelEvent[]): unknown {
  const ids = new Map<string, string>();
  return JSON.parse(
    JSON.stringify(events).replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
      ids.set(id, ids.get(id) ?? `id${ids.size + 1}`);
      return ids.get(id) ?? "";
    }),
  );
}

function callsOf(events: readonly ModelEvent[]): unknown[] {
  return events.flatMap((event) =>
    event.type === "item_done" && event.item.type === "function_call"
      ? [[event.item.call_id, event.item.name, event.item.arguments]]
      : [],
  );
}

const TURN: readonly RawText[] = [
  chat.delta({ role: "assistant", reasoning: "hm" }),
  chat.text("größ"),
  chat.text("er 🙂"),
  chat.call({ index: 0, id: "c1", name: "exec_command", arguments: '{"cmd":' }),
  chat.call({ index: 0, arguments: '"ls"}' }),
  chat.call({ index: 1, id: "c2", name: "exec_command", arguments: "{}" }),
  chat.finish("tool_calls"),
  chat.usage(70, 8),
  chat.done,
];

const EVENTS = [
  { type: "item_started", item_id: "rs_id1", kind: "reasoning" },
  { type: "reasoning_delta", item_id: "rs_id1", delta: "hm", section: 0 },
  { type: "item_started", item_id: "msg_id1", kind: "message" },
  { type: "text_delta", item_id: "msg_id1", delta: "größ" },
  { type: "text_delta", item_id: "msg_id1", delta: "er 🙂" },
  {
    type: "item_done",
    item: {
      type: "reasoning",
      id: "rs_id1",
      summary: [],
      content: [{ type: "reasoning_text", text: "hm" }],
      encrypted_content: null,
    },
  },
  {
    type: "item_done",
    item: {
      type: "message",
      id: "msg_id1",
      role: "assistant",
      content: [{ type: "output_text", text: "größer 🙂" }],
    },
  },
  {
    type: "item_done",
    item: { type: "function_call", name: "exec_command", arguments: '{"cmd":"ls"}', call_id: "c1" },
  },
  { type: "item_done", item: { type: "function_call", name: "exec_command", arguments: "{}", call_id: "c2" } },
  {
    type: "completed",
    response_id: "id1",
    usage: {
      input_tokens: 70,
      cached_input_tokens: 0,
      cache_write_input_tokens: 0,
      output_tokens: 8,
      reasoning_output_tokens: 0,
      total_tokens: 78,
    },
    continues: false,
  },
];

describe("the chat wire's answers", () => {
  it.each([1, 5, 10_000])("become events, also when %i bytes arrive at a time", async (chunk_bytes) => {
    const { items, error } = await streamed({ type: "stream", events: TURN, chunk_bytes });
    expect(error).toBeUndefined();
    expect(named(items)).toEqual(EVENTS);
  });

  it("cut anywhere before the model stopped: no item at all, and advice to try again", async () => {
    for (let events = 0; events < 7; events += 1) {
      const ending = events % 2 === 0 ? "end" : "reset";
      const { items, error } = await streamed({ type: "stream", events: TURN, cut_after_events: events, ending });
      expect(items.filter(({ type }) => type === "item_done")).toEqual([]);
      expect(error).toMatchObject({ code: "stream_disconnected", retry: "backoff" });
    }
  });

  it("cut after the model stopped: complete, with or without its tokens", async () => {
    for (const events of [7, 8]) {
      const { items, error } = await streamed({ type: "stream", events: TURN, cut_after_events: events });
      expect(error).toBeUndefined();
      expect(items.at(-1)).toMatchObject({ type: "completed", ...(events === 7 ? { usage: undefined } : {}) });
    }
  });

  it.each<[string, readonly RawText[], unknown[]]>([
    [
      "numbered alike, whole each time",
      [
        chat.call({ index: 0, id: "a", name: "x", arguments: "{}" }),
        chat.call({ index: 0, id: "b", name: "y", arguments: "{}" }),
      ],
      [
        ["a", "x", "{}"],
        ["b", "y", "{}"],
      ],
    ],
    [
      "without numbers and ids",
      [chat.call({ name: "x", arguments: { cmd: "ls" } }), chat.call({ name: "y", arguments: {} })],
      [
        [expect.stringMatching(/^call_.*_0$/), "x", '{"cmd":"ls"}'],
        [expect.stringMatching(/^call_.*_1$/), "y", "{}"],
      ],
    ],
    [
      "interleaved, with the name repeated in each piece",
      [
        chat.call({ index: 0, id: "a", name: "x", arguments: '{"cmd"' }),
        chat.call({ index: 1, id: "b", name: "y", arguments: "{" }),
        chat.call({ index: 0, id: "a", name: "x", arguments: ":1}" }),
        chat.call({ index: 1, name: "y", arguments: "}" }),
      ],
      [
        ["a", "x", '{"cmd":1}'],
        ["b", "y", "{}"],
      ],
    ],
    [
      "malformed, which is the model's to repair",
      [chat.call({ id: "a", name: "x", arguments: "{cmd" })],
      [["a", "x", "{cmd"]],
    ],
    ["without a name", [chat.call({ index: 0, id: "a", arguments: "{}" })], [["a", "unnamed", "{}"]]],
  ])("calls %s", async (_, pieces, calls) => {
    const { items } = await streamed([...pieces, chat.finish("stop"), chat.done]);
    expect(callsOf(items)).toEqual(calls);
  });

  it.each([
    ["length", "max_output_tokens"],
    ["content_filter", "content_filter"],
  ])("that stop for %s keep the text, drop the half call and fail for good", async (finish, reason) => {
    const script = [
      chat.text("part"),
      chat.call({ index: 0, id: "a", name: "x", arguments: "{" }),
      chat.finish(finish),
    ];
    const { items, error } = await streamed(script);
    expect(items.at(-1)).toMatchObject({ type: "item_done", item: { type: "message" } });
    expect(error).toMatchObject({ code: "incomplete_response", retry: "no" });
    expect(String(error)).toContain(`reason: ${reason}`);
  });

  it("that hold an error are failures that another try may mend", async () => {
    const { error } = await streamed([chat.text("a"), chat.error("the model crashed"), chat.done]);
    expect(error).toMatchObject({ code: "stream_disconnected", retry: "backoff" });
    expect(String(error)).toContain("the model crashed");
  });

  it("may leave out the finish, or the [DONE]; nothing at all is a broken stream", async () => {
    expect((await streamed([chat.text("a"), chat.done])).error).toBeUndefined();
    expect((await streamed([chat.text("a"), chat.finish("stop")])).error).toBeUndefined();
    expect((await streamed([chat.done])).error).toMatchObject({ code: "stream_disconnected" });
  });
});

const TOOL = {
  type: "function",
  name: "exec_command",
  description: "runs",
  strict: false,
  parameters: { type: "object" },
} as const;

it("asks in the form nearly every server takes", async () => {
  await using server = await startResponsesServer([chat.text("hi"), chat.finish("stop"), chat.done]);
  const schema = { type: "object" };
  const settings = { effort: "low", verbosity: "high", service_tier: "flex" } as const;
  await ask(clientOf(`${server.url}/`, { ...CHAT, settings }), { ...PROMPT, tools: [TOOL], output_schema: schema });
  const { path, body } = server.single();
  expect(path).toBe("/v1/chat/completions");
  expect(body).toEqual({
    model: "gpt-5",
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "hello" },
    ],
    stream: true,
    stream_options: { include_usage: true },
    tools: [
      {
        type: "function",
        function: { name: "exec_command", description: "runs", parameters: { type: "object" }, strict: false },
      },
    ],
    reasoning_effort: "low",
    verbosity: "high",
    service_tier: "flex",
    response_format: { type: "json_schema", json_schema: { name: "codex_output_schema", strict: true, schema } },
  });
});

it("offers the patch tool as a function", () => {
  expect(clientOf("http://127.0.0.1:9", CHAT).info.apply_patch).toBe("function");
  expect(clientOf("http://127.0.0.1:9").info.apply_patch).toBe("freeform");
});

it("leaves out what it would have to leave empty", async () => {
  await using server = await startResponsesServer([chat.text("hi"), chat.finish("stop"), chat.done]);
  await ask(clientOf(server.url, CHAT));
  expect(Object.keys(server.single().body ?? {})).toEqual(["model", "messages", "stream", "stream_options"]);
});

function said(role: "user" | "assistant" | "developer", text: string): ResponseItem {
  const type = role === "assistant" ? "output_text" : "input_text";
  return { type: "message", role, content: [{ type, text }] };
}

function call(call_id: string, text = "{}"): ResponseItem {
  return { type: "function_call", name: "x", arguments: text, call_id };
}

function wired(id: string, text = "{}") {
  return { id, type: "function", function: { name: "x", arguments: text } };
}

describe("history as chat messages", () => {
  it("joins what stands together at the start", () => {
    expect(chatMessages("base", [said("developer", "rules"), said("user", "where"), said("user", "what")])).toEqual([
      { role: "system", content: "base\n\nrules" },
      { role: "user", content: "where\n\nwhat" },
    ]);
  });

  it("hangs calls on the message before them, also after a broken stream", () => {
    const out = (call_id: string): ResponseItem => ({ type: "function_call_output", call_id, output: `of ${call_id}` });
    const history = [said("user", "go"), said("assistant", "ok"), call("a"), out("a"), call("b"), call("c"), out("b")];
    expect(chatMessages("", [...history, out("c")])).toEqual([
      { role: "user", content: "go" },
      { role: "assistant", content: "ok", tool_calls: [wired("a")] },
      { role: "tool", tool_call_id: "a", content: "of a" },
      { role: "assistant", content: null, tool_calls: [wired("b"), wired("c")] },
      { role: "tool", tool_call_id: "b", content: "of b" },
      { role: "tool", tool_call_id: "c", content: "of c" },
    ]);
  });

  it("sends arguments that are no JSON as JSON, or the server would refuse all that follows", () => {
    expect(chatMessages("", [call("a", "{cmd"), call("b", "")])).toEqual([
      {
        role: "assistant",
        content: null,
        tool_calls: [wired("a", '{"malformed_arguments":"{cmd"}'), wired("b", "{}")],
      },
    ]);
  });

  it("carries patches as functions, and images of outputs after all the outputs", () => {
    const image = { type: "input_image", image_url: "data:," } as const;
    const items: ResponseItem[] = [
      { type: "custom_tool_call", call_id: "p", name: "apply_patch", input: "*** Begin Patch" },
      call("v"),
      { type: "custom_tool_call_output", call_id: "p", output: [{ type: "input_text", text: "seen" }, image] },
      { type: "function_call_output", call_id: "v", output: "done" },
    ];
    expect(chatMessages("", items)).toEqual([
      {
        role: "assistant",
        content: null,
        tool_calls: [
          {
            id: "p",
            type: "function",
            function: { name: "apply_patch", arguments: '{"input":"*** Begin Patch"}' },
          },
          wired("v"),
        ],
      },
      { role: "tool", tool_call_id: "p", content: "seen" },
      { role: "tool", tool_call_id: "v", content: "done" },
      { role: "user", content: [{ type: "image_url", image_url: { url: "data:," } }] },
    ]);
  });

  it("gives reasoning back only within the running turn, and drops a repeated answer", () => {
    const thought = (text: string): ResponseItem => ({
      type: "reasoning",
      summary: [],
      content: [{ type: "reasoning_text", text }],
      encrypted_content: null,
    });
    const items = [thought("old"), said("assistant", "a"), said("user", "u"), thought("new"), call("c")];
    expect(chatMessages("", items)).toEqual([
      { role: "assistant", content: "a" },
      { role: "user", content: "u" },
      { role: "assistant", content: null, reasoning: "new", tool_calls: [wired("c")] },
    ]);
    expect(chatMessages("", [said("assistant", "a"), said("assistant", "a")])).toHaveLength(1);
  });
});

it("retries as the other wire does", async () => {
  const limited: Reply = { type: "status", status: 429, headers: { "retry-after": "2" } };
  expect((await streamed(limited)).error).toMatchObject({ code: "rate_limited", retry: { after_ms: 2000 } });
  expect((await streamed([ev.raw("data: garbage\n\n")])).error).toMatchObject({ code: "stream_disconnected" });
});
