import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { RolloutLine } from "@codex/protocol";
import { sessionId } from "@codex/protocol";
import { manualClock, temporaryFolder } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { copySession } from "../../src/rollout/copy.js";
import { rolloutPath } from "../../src/rollout/files.js";
import { createRolloutStore } from "../../src/rollout/store.js";
import {
  assistant,
  brief,
  call,
  context,
  event,
  ID,
  line,
  meta,
  numbered,
  output,
  user,
  written,
} from "../rollout/lines.js";

const NEW = sessionId("01890a5d-ac96-774b-bcce-000000000001");

async function fork(lines: readonly RolloutLine[], before_turn?: string) {
  await using home = await temporaryFolder("fork-");
  const store = createRolloutStore({
    home: () => Promise.resolve(home.path),
    clock: manualClock(),
    lock: () => Promise.resolve(true),
  });
  const source = rolloutPath(home.path, sessionId(ID), new Date(2026, 0, 2));
  mkdirSync(path.dirname(source), { recursive: true });
  writeFileSync(source, written(lines));
  const log = await store.create(NEW, {
    id: NEW,
    timestamp: "2026-11-22T12:00:00.000Z",
    cwd: "/work",
    originator: "test",
    cli_version: "0",
    source: "exec",
    model_provider: "mock",
    base_instructions: { text: "be good" },
    history_mode: "legacy",
    forked_from_id: ID,
  });
  const restored = copySession(await store.read(sessionId(ID)), log, before_turn);
  await log.close();
  expect(readFileSync(source, "utf8")).toBe(written(lines));
  const copy = existsSync(log.path ?? "")
    ? readFileSync(log.path ?? "", "utf8")
        .trimEnd()
        .split("\n")
    : [];
  return { restored, copy: copy.map((text): unknown => JSON.parse(text)) };
}

const turn = (id: string, text: string) => [
  event("task_started", { turn_id: id }),
  context({ turn_id: id }),
  user(text),
  event("user_message", { message: text }),
  assistant(`re: ${text}`),
  event("task_complete", { turn_id: id }),
];

describe("a fork", () => {
  it("copies what the other session holds, under a name of its own", async () => {
    const { restored, copy } = await fork([meta(), ...turn("t1", "a"), ...turn("t2", "b")]);
    expect(brief(restored.history)).toEqual(["user: a", "assistant: re: a", "user: b", "assistant: re: b"]);
    expect(copy[0]).toMatchObject({ type: "session_meta", payload: { id: NEW, forked_from_id: ID } });
    expect(copy).toHaveLength(13);
  });

  it("can begin before a turn", async () => {
    const { restored } = await fork([meta(), ...turn("t1", "a"), ...turn("t2", "b")], "t2");
    expect(brief(restored.history)).toEqual(["user: a", "assistant: re: a"]);
    await expect(fork([meta(), ...turn("t1", "a")], "t9")).rejects.toThrow("holds no turn t9");
  });

  it("of a session with pages is one that every version reads", async () => {
    const shown = (item: object) => event("item_completed", { item });
    const { copy } = await fork(
      numbered([
        meta({ history_mode: "paginated" }),
        line("world_state", { full: true, state: {} }),
        user("a"),
        shown({ type: "UserMessage", content: [{ type: "text", text: "a" }] }),
        shown({ type: "Reasoning", summary_text: ["hm"] }),
        call("c1"),
        shown({ type: "CommandExecution", id: "c1" }),
        output("c1", "x"),
        shown({ type: "AgentMessage", content: [{ type: "Text", text: "done" }] }),
      ]),
    );
    expect(copy.some((each) => JSON.stringify(each).includes("ordinal"))).toBe(false);
    expect(JSON.stringify(copy)).not.toContain("item_completed");
    expect(copy.slice(1)).toMatchObject([
      { type: "response_item" },
      { payload: { type: "user_message", message: "a" } },
      { payload: { type: "agent_reasoning", text: "hm" } },
      { type: "response_item" },
      { type: "response_item" },
      { payload: { type: "agent_message", message: "done" } },
    ]);
  });
});
