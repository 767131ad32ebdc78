import type { EventMsg } from "@codex/protocol";
import { sessionId, turnId } from "@codex/protocol";
import { fakeEnvironment } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { notifySink } from "../../src/sinks/notify.js";

const session = sessionId("01890a5d-ac96-774b-bcce-b302099a8057");
const turn_id = turnId("t1");

function told(...messages: readonly EventMsg[]) {
  const host = fakeEnvironment();
  const sink = notifySink({
    argv: ["tell", "-x"],
    session,
    cwd: "/work",
    client: "codex_exec",
    host,
    env: { PATH: "/bin" },
  });
  for (const message of messages) sink.write({ id: turn_id, msg: message });
  return host.ran.map(({ request }) => request);
}

const started: EventMsg = { type: "task_started", turn_id, model_context_window: null };
const typed: EventMsg = { type: "user_message", message: "do it" };
const done: EventMsg = { type: "task_complete", turn_id, last_agent_message: "done" };

describe("the notifier", () => {
  it("is started with one JSON argument when a turn ended well", () => {
    const [request] = told(started, typed, done);
    expect(request).toMatchObject({ cwd: "/work", env: { PATH: "/bin" }, stdin: "closed" });
    expect(request?.argv.slice(0, 2)).toEqual(["tell", "-x"]);
    expect(JSON.parse(request?.argv[2] ?? "")).toEqual({
      type: "agent-turn-complete",
      "thread-id": session,
      "turn-id": "t1",
      cwd: "/work",
      client: "codex_exec",
      "input-messages": ["do it"],
      "last-assistant-message": "done",
    });
  });

  it("hears nothing of a turn that failed, was stopped, or had no input", () => {
    expect(told(started, typed, { ...done, error: { message: "no" } })).toEqual([]);
    expect(told(started, typed, { type: "turn_aborted", turn_id, reason: "interrupted" })).toEqual([]);
    expect(told(started, done)).toEqual([]);
  });
});
