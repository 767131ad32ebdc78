import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { lockFile } from "@codex/exec";
import type { RolloutLine, SessionMeta } from "@codex/protocol";
import { sessionId } from "@codex/protocol";
import { manualClock, temporaryFolder } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { uuidv7 } from "../../src/new-id.js";
import { ephemeralLog } from "../../src/rollout/ephemeral.js";
import { rolloutPath } from "../../src/rollout/files.js";
import type { FileLock } from "../../src/rollout/lock.js";
import { rebuild } from "../../src/rollout/rebuild.js";
import { createRolloutStore } from "../../src/rollout/store.js";
import { AT, brief, meta as metaLine, numbered, user, written } from "./lines.js";

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
  history_mode: "legacy",
};
function storeIn(home: string, lock: FileLock = () => Promise.resolve(true)) {
  return createRolloutStore({ home: () => Promise.resolve(home), clock: manualClock(), lock });
}

const prompt = { type: "event_msg", payload: { type: "user_message", message: "hi" } } as const;
const answer = { type: "event_msg", payload: { type: "agent_message", message: "hello" } } as const;

describe("the session file", () => {
  it("is named by local time and id", () => {
    const at = new Date(2026, 0, 2, 3, 4, 5);
    expect(rolloutPath("/home", id, at)).toBe(`/home/sessions/2026/01/02/rollout-2026-01-02T03-04-05-${id}.jsonl`);
  });

  it("is made with the first user message, and holds every line from then on at once", async () => {
    await using folder = await temporaryFolder("rollout-");
    const log = await storeIn(folder.path).create(id, meta);
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
    const log = await storeIn(folder.path).create(id, meta);
    expect(() => log.append(prompt)).toThrow(/cannot be written .*--ephemeral/);
    expect(() => log.append(answer)).not.toThrow();
  });

  it("of an ephemeral session does not exist", () => {
    const log = ephemeralLog();
    log.append(prompt);
    expect(log.path).toBeUndefined();
  });
});

describe("a session that goes on", () => {
  async function stored(lines: readonly RolloutLine[], tail = "") {
    const folder = await temporaryFolder("rollout-");
    const file = rolloutPath(folder.path, id, new Date(2026, 0, 2));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, written(lines) + tail);
    return { folder, file, text: () => readFileSync(file, "utf8") };
  }

  it("is appended to in the same file, in its own style", async () => {
    const { folder, text } = await stored([metaLine(), user("a")]);
    await using _folder = folder;
    const { lines, log } = await storeIn(folder.path).load(id);
    expect([...lines]).toHaveLength(2);
    log.append(answer);
    await log.close();
    expect(text().split("\n").at(-2)).toBe(JSON.stringify({ timestamp: AT, ...answer }));
  });

  it("keeps its ordinals", async () => {
    const { folder, text } = await stored(numbered([metaLine({ history_mode: "paginated" }), user("a")]));
    await using _folder = folder;
    const { lines, log } = await storeIn(folder.path).load(id);
    for (const _line of lines);
    expect(log.mode).toBe("paginated");
    log.append(answer);
    log.append(answer);
    await log.close();
    const last = text()
      .trimEnd()
      .split("\n")
      .slice(-2)
      .map((each): unknown => JSON.parse(each));
    expect(last).toMatchObject([{ ordinal: 2 }, { ordinal: 3 }]);
  });

  it("begins a line of its own behind a torn one, which it leaves as it is", async () => {
    const { folder, text } = await stored([metaLine(), user("a")], '{"timestamp":"2026');
    await using _folder = folder;
    const before = text();
    const { lines, log } = await storeIn(folder.path).load(id);
    for (const _line of lines);
    log.append(answer);
    await log.close();
    expect(text()).toBe(`${before}\n${JSON.stringify({ timestamp: AT, ...answer })}\n`);
  });

  it("continues the files that it refers to, as far as it says", async () => {
    const { folder, file } = await stored(numbered([metaLine({ history_mode: "paginated" }), user("a"), user("b")]));
    await using _folder = folder;
    const segment = "01890a5d-ac96-774b-bcce-b302099a8058";
    const end_byte_offset = readFileSync(file, "utf8").indexOf("\n", readFileSync(file, "utf8").indexOf("\n") + 1) + 1;
    const history_base = { thread_id: id, end_ordinal_exclusive: 2, end_byte_offset };
    const own = [metaLine({ history_mode: "paginated", history_base }), user("c")];
    writeFileSync(file.replace(".jsonl", `_${segment}.jsonl`), written(numbered(own)));
    const { lines, log } = await storeIn(folder.path).load(id);
    expect(brief(rebuild(lines).history)).toEqual(["user: a", "user: c"]);
    expect(log.path).toContain(segment);
    await log.close();
    rmSync(file);
    await expect(
      storeIn(folder.path)
        .load(id)
        .then(({ lines: broken }) => [...broken]),
    ).rejects.toThrow("cannot be found");
  });

  it("has one writer", async () => {
    const { folder } = await stored([metaLine(), user("a")]);
    await using _folder = folder;
    const first = await storeIn(folder.path, lockFile).load(id);
    await expect(storeIn(folder.path, lockFile).load(id)).rejects.toMatchObject({ code: "session_busy" });
    expect([...(await storeIn(folder.path, lockFile).read(id)).lines]).toHaveLength(2);
    await first.log.close();
    expect(readdirSync(path.join(folder.path, "thread-writer-locks"))).toEqual([]);
    await (await storeIn(folder.path, lockFile).load(id)).log.close();
  });

  it("is not found, and told where it is when it was archived", async () => {
    const { folder, file } = await stored([metaLine(), user("a")]);
    await using _folder = folder;
    const other = sessionId("01890a5d-ac96-774b-bcce-b302099a8059");
    await expect(storeIn(folder.path).load(other)).rejects.toMatchObject({ code: "session_not_found" });
    mkdirSync(path.join(folder.path, "archived_sessions"));
    renameSync(file, path.join(folder.path, "archived_sessions", path.basename(file)));
    await expect(storeIn(folder.path).load(id)).rejects.toThrow("archived_sessions");
  });

  it("is found by the name it was given last", async () => {
    const { folder } = await stored([metaLine(), user("a")]);
    await using _folder = folder;
    const entry = (thread_name: string) => JSON.stringify({ id, thread_name, updated_at: AT });
    await folder.write("session_index.jsonl", `${entry("old")}\nnot json\n${entry("new")}\n`);
    expect(await storeIn(folder.path).named("new")).toBe(id);
    expect(await storeIn(folder.path).named("old")).toBeUndefined();
  });
});

describe("uuidv7", () => {
  it("carries version, variant and time, and sorts by it", () => {
    const early = uuidv7(1_000);
    expect(early).toMatch(/^00000000-03e8-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidv7(2_000) > early).toBe(true);
  });
});
