import fc from "fast-check";
import { ev, frame } from "@codex/test-support";
import { expect, it } from "vitest";
import { backoff } from "../../src/model/backoff.js";
import { decodeItem } from "../../src/model/decode-items.js";
import { createDecoder } from "../../src/model/decode.js";
import { rateLimitsOf } from "../../src/model/rate-limits.js";

function decoder() {
  return createDecoder({ secrets: [], onEvent: () => undefined });
}

it("keeps what our types know of an item, and nothing else", () => {
  expect(
    decodeItem({
      type: "message",
      id: "m",
      role: "assistant",
      phase: "commentary",
      status: "completed",
      extra: 1,
      content: [
        { type: "output_text", text: "a", annotations: [], logprobs: [] },
        { type: "refusal", refusal: "I will not" },
        { type: "audio", text: "?" },
      ],
    }),
  ).toEqual({
    type: "message",
    id: "m",
    role: "assistant",
    phase: "commentary",
    status: "completed",
    content: [
      { type: "output_text", text: "a" },
      { type: "output_text", text: "I will not" },
    ],
  });
});

it("keeps encrypted reasoning verbatim", () => {
  const encrypted_content = "gAAAAB\\u0000 +/=\n🙂";
  const content = [{ type: "reasoning_text", text: "t" }];
  const summary = [{ type: "summary_text", text: "s" }];
  const item = { type: "reasoning", id: "r", summary, content, encrypted_content };
  expect(decodeItem({ ...item, status: null })).toEqual(item);
  expect(decodeItem({ type: "reasoning", summary: null })).toEqual({
    type: "reasoning",
    summary: [],
    encrypted_content: null,
  });
});

it("reads calls of servers that are careless about them", () => {
  expect(decodeItem({ type: "function_call", id: "fc", name: "x", arguments: { a: 1 } })).toEqual({
    type: "function_call",
    id: "fc",
    name: "x",
    arguments: '{"a":1}',
    call_id: "fc",
  });
  expect(decodeItem({ type: "function_call", name: "x", namespace: "ns", call_id: "c" })).toEqual({
    type: "function_call",
    name: "x",
    namespace: "ns",
    arguments: "",
    call_id: "c",
  });
});

it("reads hosted and local calls", () => {
  const shell = { type: "exec", command: ["ls", "-l"], timeout_ms: 5, env: { A: "1" }, working_directory: "/w" };
  const call = { type: "local_shell_call", call_id: "c", status: "completed", action: shell };
  expect(decodeItem(call)).toEqual(call);
  const search = { type: "web_search_call", id: "ws", status: "completed", action: { type: "search", query: "q" } };
  expect(decodeItem(search)).toEqual(search);
  expect(decodeItem({ type: "compaction_summary", encrypted_content: "e" })).toEqual({
    type: "compaction",
    encrypted_content: "e",
  });
});

it("keeps a call without a name or an id, so that it is answered", () => {
  expect(decodeItem({ type: "function_call", call_id: "c" })).toMatchObject({ name: "unnamed", arguments: "" });
  expect(decodeItem({ type: "function_call", name: "x" })).toMatchObject({ call_id: expect.stringMatching(/^call_/) });
  expect(decodeItem({ type: "custom_tool_call", call_id: "c" })).toMatchObject({ name: "unnamed", input: "" });
});

it.each([
  { type: "message", role: "user", content: [] },
  { type: "image_generation_call" },
  { type: "local_shell_call", action: { type: "exec", command: "ls" } },
  { type: "compaction" },
  "text",
  null,
  [],
])("drops %j", (value) => {
  expect(decodeItem(value)).toBeUndefined();
});

it("survives any JSON in any event", () => {
  const types = [ev.completed(), ev.failed("a", "b"), ev.incomplete("c"), ev.textDelta("d"), ev.message("e")].map(
    ({ type }) => type,
  );
  const fields = ["item", "delta", "item_id", "response", "error", "summary_index", "message"];
  const event = fc.dictionary(fc.constantFrom(...fields), fc.jsonValue());
  fc.assert(
    fc.property(fc.constantFrom(...types, "response.output_item.added", "error"), event, (type, rest) => {
      const reader = decoder();
      reader.push(frame({ ...rest, type }));
      reader.ending();
    }),
    { numRuns: 500 },
  );
});

it("survives any text", () => {
  fc.assert(fc.property(fc.array(fc.string()), (chunks) => void chunks.map((chunk) => decoder().push(chunk))));
});

it("reads 50,000 deltas in well under a second", () => {
  const text = frame(ev.textDelta("lorem ipsum ")).repeat(50_000);
  const started = process.cpuUsage();
  expect(decoder().push(text)).toHaveLength(50_000);
  const { user, system } = process.cpuUsage(started);
  expect((user + system) / 1000).toBeLessThan(1000);
});

it("doubles the delay from 200 ms, within a tenth (core.md A.2)", () => {
  for (const [attempt, least] of [180, 360, 720, 1440, 2880].entries()) {
    expect(backoff(attempt + 1, () => 0)).toBeCloseTo(least);
    expect(backoff(attempt + 1, () => 1)).toBeCloseTo((least / 9) * 11);
  }
});

it("reads the limits of a response's headers (core.md §2.7)", () => {
  const headers: Readonly<Record<string, string>> = {
    "x-codex-other-primary-used-percent": "40",
    "x-codex-other-primary-reset-at": "1764000000",
    "x-codex-other-secondary-used-percent": "nonsense",
    "x-codex-other-limit-name": "Other",
    "x-codex-credits-has-credits": "true",
    "x-codex-credits-unlimited": "false",
    "x-codex-credits-balance": "9.5",
  };
  expect(rateLimitsOf((name) => headers[name] ?? null, "codex-other")).toEqual({
    limit_id: "codex_other",
    limit_name: "Other",
    primary: { used_percent: 40, window_minutes: null, resets_at: 1_764_000_000 },
    secondary: null,
    credits: { has_credits: true, unlimited: false, balance: "9.5" },
    plan_type: null,
  });
  expect(rateLimitsOf(() => null)).toBeUndefined();
});
