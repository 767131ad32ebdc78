import { ev, manualClock } from "@codex/test-support";
import type { Reply, SseEvent } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/system-clock.js";
import type { FaultOptions, FaultRun } from "./run.js";
import { faultRun, LAST, repeating, STREAM, UNHARMED } from "./run.js";

const whole = faultRun(repeating());

async function expectUnharmed(run: FaultRun): Promise<void> {
  const { said, outputs } = await whole;
  expect(run).toMatchObject({ ...UNHARMED, said, outputs });
}

function status(code: number, headers: Readonly<Record<string, string>> = {}, body: object | string = ""): Reply {
  return { type: "status", status: code, headers, body };
}

const garbage: Reply = [ev.raw("\u0000\u0001 {[ not events at all ]} \n\n\n"), ev.raw("data: {broken\n\n")];
const page = status(200, { "content-type": "text/html" }, "<html>please log in</html>");
const failed: Reply = [ev.created(), ev.failed("server_error", "something broke")];
const slow: Reply = [ev.created(), ev.failed("rate_limit_exceeded", "Rate limit reached. Please try again in 1.5s.")];
const TEN_FAILURES = Array.from({ length: 5 }, () => status(500));

describe("one fault, and the turn is whole", () => {
  it.each<[string, Reply, { readonly notices?: readonly string[]; readonly waits?: readonly number[] }]>([
    ["429 that says when to come back", status(429, { "retry-after": "7" }), { waits: [7000] }],
    ["429 that says: at once", status(429, { "retry-after": "0" }), { waits: [0] }],
    ["500", status(500), { notices: [] }],
    ["503 that says when to come back", status(503, { "retry-after": "3" }), { notices: [], waits: [3000] }],
    ["502 with a page", status(502, { "content-type": "text/html" }, "<html>bad gateway</html>"), { notices: [] }],
    ["404", status(404), {}],
    ["a connection that breaks before the answer", { type: "reset" }, { notices: [] }],
    ["garbage", garbage, {}],
    ["a page in place of a stream", page, {}],
    ["JSON in place of a stream", status(200, {}, { id: "resp_1" }), {}],
    ["an empty answer", status(200), {}],
    ["response.failed", failed, {}],
    ["response.failed for a rate limit", slow, { waits: [1500] }],
  ])("%s", async (_, fault, { notices = [expect.stringContaining("Reconnecting... 1/5")], waits }) => {
    const clock = manualClock({ skip_up_to: 60_000 });
    const run = await faultRun(repeating(fault), { clock });
    await expectUnharmed(run);
    expect(run.notices).toEqual(notices);
    for (const wait of waits ?? []) expect(clock.sleeps).toContain(wait);
    expect(run.requests).toBe(3);
  });

  it.each<[string, FaultOptions]>([["a stall", { provider: "stream_idle_timeout_ms = 150\n", clock: systemClock }]])(
    "%s, before the first event, between two, and after half a call",
    async (_, options) => {
      const stalls = [0, 5, 14].map((events): Reply => {
        return { type: "stream", events: STREAM, cut_after_events: events, ending: "stay" };
      });
      const run = await faultRun(repeating(...stalls), options);
      await expectUnharmed(run);
      expect(run.notices).toHaveLength(3);
    },
  );
});

describe("what a server says besides", () => {
  const twice = STREAM.flatMap((event) => [event, event]);
  const unknown: readonly SseEvent[] = STREAM.flatMap((event) => [
    { type: "response.something.new", item: { type: "hologram", id: "h_1" } },
    ev.item({ type: "hologram", id: "h_1" }),
    event,
  ]);

  it.each<[string, Reply]>([
    ["every event twice", twice],
    ["events and items nobody knows", unknown],
    [
      "comments, [DONE] and lines that are no JSON",
      [ev.raw(": hi\n\ndata: {x\n\n"), ...STREAM, ev.raw("data: [DONE]\n\n")],
    ],
  ])("%s: the turn is whole, without a retry", async (_, first) => {
    const run = await faultRun({ replies: [first, LAST] });
    await expectUnharmed(run);
    expect(run.notices).toEqual([]);
  });
});

describe("a fault that does not go away ends the turn with a clear error", () => {
  it.each<[string, readonly Reply[], string]>([
    ["429 without Retry-After", [status(429)], "exceeded retry limit, last status: 429"],
    ["400", [status(400, {}, { error: { message: "bad field" } })], "400 Bad Request: bad field"],
    ["401", [status(401)], "401 Unauthorized"],
    ["500 forever", Array.from({ length: 6 }, () => TEN_FAILURES).flat(), "The server failed (500)"],
    ["garbage forever", Array.from({ length: 6 }, () => garbage), "stream closed before response.completed"],
    [
      "a page forever",
      Array.from({ length: 6 }, () => page),
      'text/html in place of a stream of events: "<html>please',
    ],
    [
      "response.incomplete",
      [[ev.incomplete("content_filter")]],
      "Incomplete response returned, reason: content_filter",
    ],
  ])("%s", async (_, replies, message) => {
    const run = await faultRun({ replies });
    expect(run.error).toContain(message);
    expect(run.effects).toEqual([0, 0, 0]);
    expect(run.requests).toBe(replies.length);
  });

  it("after the calls ran: each ran once, and its output is in the history", async () => {
    const cut: Reply = { type: "stream", events: STREAM, cut_after_events: STREAM.length - 1 };
    const run = await faultRun({ replies: [cut, status(400, {}, { error: { message: "no more" } })] });
    expect(run).toMatchObject({ effects: [1, 1, 1], error: "400 Bad Request: no more" });
    expect(Object.keys(run.outputs).sort()).toEqual(["call_a", "call_b", "call_p"]);
  });
});

describe("a malformed call is the model's to repair", () => {
  it.each<[string, SseEvent, RegExp]>([
    [
      "arguments that are no JSON",
      ev.call("call_x", "exec_command", '{"cmd": "ls'),
      /failed to parse function arguments/,
    ],
    ["arguments of another shape", ev.call("call_x", "exec_command", { command: 7 }), /failed to parse .*cmd/],
    ["a tool that does not exist", ev.call("call_x", "no_such_tool", {}), /unsupported call: no_such_tool/],
    [
      "a call without a name",
      ev.item({ type: "function_call", id: "f", call_id: "call_x", arguments: "{}" }),
      /unsupported/,
    ],
    ["a patch that is none", ev.customCall("call_x", "apply_patch", "nonsense"), /patch/],
  ])("%s", async (_, call, told) => {
    const run = await faultRun({ replies: [[call, ev.completed()], STREAM, LAST] });
    expect(run).toMatchObject(UNHARMED);
    expect(run.outputs["call_x"]).toEqual([expect.stringMatching(told)]);
  });

  it("a call without an id is answered under one of ours", async () => {
    const call = ev.item({ type: "function_call", name: "no_such_tool", arguments: "{}" });
    const run = await faultRun({ replies: [[call, ev.completed()], STREAM, LAST] });
    expect(run).toMatchObject(UNHARMED);
    expect(Object.keys(run.outputs)).toHaveLength(4);
  });
});
