import {
  ev,
  manualClock,
  mockProviderConfig,
  startResponsesServer,
  temporaryHome,
  workspace,
} from "@codex/test-support";
import type { Reply, ResponsesServer, TemporaryFolder } from "@codex/test-support";
import type { EventMsg } from "@codex/protocol";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CodexOptions } from "../../src/codex-options.js";
import { createCodex } from "../../src/compose.js";
import { systemClock } from "../../src/system-clock.js";

const CALL = [ev.call("call_1", "exec_command", { cmd: "echo one > a.txt; cat a.txt", login: false }), ev.completed()];
const LAST = [ev.message("done"), ev.completed()];

let server: ResponsesServer;
let home: TemporaryFolder;
let file: string;

beforeEach(async () => {
  server = await startResponsesServer();
  home = await temporaryHome({ config: mockProviderConfig(server.url) });
  file = join(home.path, "run.jsonl");
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** One turn; everything a face gets, without how long commands took. */
async function run(options: CodexOptions, start = 0): Promise<{ events: EventMsg[]; text: string }> {
  await using project = await workspace();
  const codex = createCodex({
    clock: manualClock({ start: Date.UTC(2026, 10, 22) + start, skip_up_to: 60_000 }),
    env: { PATH: process.env["PATH"], HOME: home.path, CODEX_HOME: home.path },
    config: { home: home.path, typed: { sandbox_mode: "danger-full-access", approval_policy: "never" } },
    ...options,
  });
  const session = await codex.open({ type: "new", settings: { cwd: project.path } });
  session.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
  const events: EventMsg[] = [];
  for await (const { msg } of session.events) {
    events.push(msg);
    if (msg.type === "task_complete") session.submit({ type: "shutdown" });
  }
  const text = JSON.stringify(events)
    .replaceAll(project.path, "PROJECT")
    .replaceAll(/,"rollout_path":"[^"]*"/g, "")
    .replaceAll(/"duration(_ms)?":(\d+|\{[^}]*\})|Chunk ID: \w+|Wall time: [\d.]+/g, "…");
  return { events, text };
}

function idOf(events: readonly EventMsg[]): unknown {
  return events.flatMap((event) => (event.type === "session_configured" ? [event.session_id] : []))[0];
}

describe("a recorded run", () => {
  it("replays with its ids and times: what faces get is the same", async () => {
    server.answer(CALL, LAST);
    const first = await run({ record: file });
    const second = await run({ replay: file }, 86_400_000);
    expect(second.text).toBe(first.text);
    expect(idOf(second.events)).toBe(idOf(first.events));
    expect(server.requests).toHaveLength(2);
  });

  it("replays commands that go on as sessions: their numbers are the recorded ones", async () => {
    const start = ev.call("call_1", "exec_command", { cmd: "sleep 0.4; echo late", login: false, yield_time_ms: 250 });
    const poll: Reply = {
      type: "decided",
      decide: ({ body }) => {
        const session_id = Number(/session ID (\d+)/.exec(JSON.stringify(body))?.[1]);
        return [ev.call("call_2", "write_stdin", { session_id, chars: "", yield_time_ms: 5000 }), ev.completed()];
      },
    };
    server.answer([start, ev.completed()], poll, LAST);
    const first = await run({ record: file, clock: systemClock });
    expect(first.text).toContain("late");
    const replayed = await run({ replay: file, clock: systemClock });
    expect(replayed.events.find((event) => event.type === "error")).toBeUndefined();
    expect(replayed.text).toContain("late");
  });

  it("is a session of its own, and its replay leaves no second file of it", async () => {
    server.answer(CALL, LAST);
    const { events } = await run({ record: file });
    const configured = events.find((event) => event.type === "session_configured");
    expect(existsSync(configured?.rollout_path ?? "")).toBe(true);
    const replayed = await run({ replay: file });
    expect(replayed.events.find((event) => event.type === "session_configured")?.rollout_path).toBeUndefined();
    expect(replayed.events.find((event) => event.type === "error")).toBeUndefined();
  });

  it("goes on live after a number of requests, as a session of its own, which may be recorded in turn", async () => {
    server.answer(CALL, LAST, [ev.message("another end"), ev.completed()]);
    const first = await run({ record: file });
    const again = join(home.path, "again.jsonl");
    const fork = await run({ replay: file, replay_from: 1, record: again });
    expect(idOf(fork.events)).not.toBe(idOf(first.events));
    expect(fork.events.find((event) => event.type === "task_complete")?.last_agent_message).toBe("another end");
    expect(server.requests).toHaveLength(3);
    const replayed = await run({ replay: again });
    expect(replayed.events.find((event) => event.type === "task_complete")?.last_agent_message).toBe("another end");
    expect(idOf(replayed.events)).toBe(idOf(fork.events));
  });

  it("tells what is left over", async () => {
    server.answer(CALL, LAST);
    await run({ record: file });
    const lines = (await home.read("run.jsonl")) ?? "";
    await home.write("run.jsonl", lines + lines.split("\n")[2] + "\n");
    const { events } = await run({ replay: file });
    expect(events.find((event) => event.type === "error")?.message).toContain(
      "1 of its 3 requests were never asked for",
    );
  });
});

it("a recording that cannot be read is told at once, and a replay needs one", async () => {
  expect(() => createCodex({ replay: join(home.path, "none.jsonl") })).toThrow("cannot be read");
  await expect(run({ config: { home: home.path, typed: { model_provider: "replay" } } })).rejects.toThrow(
    "--replay FILE",
  );
});
