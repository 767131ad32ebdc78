import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { lockFile } from "@codex/exec";
import { sessionId } from "@codex/protocol";
import { manualClock, temporaryFolder } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { createPromptHistory, type HistoryFileOptions } from "../../src/home/history-file.js";

const ID = sessionId("01890a5d-ac96-774b-bcce-b302099a8057");

function historyIn(home: string, more: Partial<HistoryFileOptions> = {}) {
  const clock = manualClock({ skip_up_to: 1000 });
  return { clock, ...createPromptHistory({ home, clock, lock: lockFile, persistence: "save-all", ...more }) };
}

describe("the history of prompts", () => {
  it("is a line per prompt, for its owner's eyes only", async () => {
    await using home = await temporaryFolder("history-");
    const history = historyIn(home.path);
    expect(await history.facts()).toEqual({ log_id: 0, entry_count: 0 });
    await history.append(ID, "first\nline");
    chmodSync(`${home.path}/history.jsonl`, 0o644);
    await history.append(ID, "second");
    const file = `${home.path}/history.jsonl`;
    expect(readFileSync(file, "utf8")).toBe(
      `{"session_id":"${ID}","ts":1795348800,"text":"first\\nline"}\n{"session_id":"${ID}","ts":1795348800,"text":"second"}\n`,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { log_id, entry_count } = await history.facts();
    expect(entry_count).toBe(2);
    expect(await history.entry(log_id, 0)).toEqual({ session_id: ID, ts: 1795348800, text: "first\nline" });
    expect(await history.entry(log_id, 2)).toBeUndefined();
    expect(await history.entry(log_id + 1, 0)).toBeUndefined();
  });

  it("drops its oldest lines when it grows too large, never the newest", async () => {
    await using home = await temporaryFolder("history-");
    const history = historyIn(home.path, { max_bytes: 600 });
    for (let index = 0; index < 20; index += 1) await history.append(ID, `prompt ${index}`);
    const text = readFileSync(`${home.path}/history.jsonl`, "utf8");
    expect(text.length).toBeLessThanOrEqual(600);
    expect(
      text
        .trimEnd()
        .split("\n")
        .map((line): unknown => JSON.parse(line)),
    ).toContainEqual(expect.objectContaining({ text: "prompt 19" }));
    await history.append(ID, "x".repeat(1000));
    const last = readFileSync(`${home.path}/history.jsonl`, "utf8").trimEnd().split("\n");
    expect(last).toHaveLength(1);
    expect(last[0]).toContain("xxxx");
  });

  it("is not written when the user wants none, nor while somebody else holds it", async () => {
    await using home = await temporaryFolder("history-");
    await historyIn(home.path, { persistence: "none" }).append(ID, "secret");
    expect((await historyIn(home.path).facts()).log_id).toBe(0);
    const busy = historyIn(home.path, { lock: () => Promise.resolve(false) });
    await busy.append(ID, "late");
    expect(busy.clock.sleeps).toHaveLength(10);
    expect((await busy.facts()).entry_count).toBe(0);
  });

  it("passes over a line that is none of its own", async () => {
    await using home = await temporaryFolder("history-");
    writeFileSync(`${home.path}/history.jsonl`, "{}\nnot json\n");
    const history = historyIn(home.path);
    const { log_id } = await history.facts();
    expect(await history.entry(log_id, 0)).toBeUndefined();
    expect(await history.entry(log_id, 1)).toBeUndefined();
  });
});
