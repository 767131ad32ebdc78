import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { SessionMeta } from "@codex/protocol";
import { sessionId } from "@codex/protocol";
import { manualClock, temporaryFolder } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { uuidv7 } from "../../src/new-id.js";
import { createRolloutStore, ephemeralStore, rolloutPath } from "../../src/rollout/store.js";

const id = sessionId("01890a5d-ac96-774b-bcce-b302099a8057");
const meta: SessionMeta = {
  id,
  timestamp: "2026-11-22T12:00:00.000Z",
  cwd: "/work",
  originator: "test",
  cli_version: "0.0.0",
  source: "exec",
  model_provider: "fake",
  base_instructions: { text: "be good" },
};
const prompt = { type: "event_msg", payload: { type: "user_message", message: "hi" } } as const;
const answer = { type: "event_msg", payload: { type: "agent_message", message: "hello" } } as const;

describe("the session file", () => {
  it("is named by local time and id", () => {
    const at = new Date(2026, 0, 2, 3, 4, 5);
    expect(rolloutPath("/home", id, at)).toBe(`/home/sessions/2026/01/02/rollout-2026-01-02T03-04-05-${id}.jsonl`);
  });

  it("is made with the first user message, and holds every line from then on at once", async () => {
    await using folder = await temporaryFolder("rollout-");
    const log = await createRolloutStore(() => Promise.resolve(folder.path), manualClock()).create(id, meta);
    log.append({ type: "event_msg", payload: { type: "agent_message", message: "early" } });
    expect(existsSync(log.path ?? "")).toBe(false);
    log.append(prompt);
    log.append(answer);
    const lines = readFileSync(log.path ?? "", "utf8")
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(lines).toEqual([
      { timestamp: "2026-11-22T12:00:00.000Z", type: "session_meta", payload: meta },
      {
        timestamp: "2026-11-22T12:00:00.000Z",
        type: "event_msg",
        payload: { type: "agent_message", message: "early" },
      },
      { timestamp: "2026-11-22T12:00:00.000Z", ...prompt },
      { timestamp: "2026-11-22T12:00:00.000Z", ...answer },
    ]);
    await log.close();
  });

  it("that cannot be written is told once, with what to do", async () => {
    await using folder = await temporaryFolder("rollout-");
    writeFileSync(path.join(folder.path, "sessions"), "in the way");
    const log = await createRolloutStore(() => Promise.resolve(folder.path), manualClock()).create(id, meta);
    expect(() => log.append(prompt)).toThrow(/cannot be written .*--ephemeral/);
    expect(() => log.append(answer)).not.toThrow();
  });

  it("of an ephemeral session does not exist", async () => {
    const log = await ephemeralStore.create(id, meta);
    log.append(prompt);
    expect(log.path).toBeUndefined();
  });
});

describe("uuidv7", () => {
  it("carries version, variant and time, and sorts by it", () => {
    const early = uuidv7(1_000);
    expect(early).toMatch(/^00000000-03e8-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidv7(2_000) > early).toBe(true);
  });
});
