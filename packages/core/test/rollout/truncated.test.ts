import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { sessionId } from "@codex/protocol";
import { manualClock, temporaryFolder } from "@codex/test-support";
import { expect, it } from "vitest";
import { rolloutPath } from "../../src/rollout/files.js";
import { rebuild } from "../../src/rollout/rebuild.js";
import { createRolloutStore } from "../../src/rollout/store.js";
import { assistant, brief, call, ID, meta, numbered, output, user, written } from "./lines.js";

const id = sessionId(ID);

it.each([
  ["legacy", [meta(), user("grün ✓"), call("c1"), output("c1", "x"), assistant("done")]],
  ["paginated", numbered([meta({ history_mode: "paginated" }), user("grün ✓"), call("c1"), assistant("done")])],
])(
  "a %s file that was cut off at any byte is loaded, and goes on; one without a whole record is refused",
  async (mode, lines) => {
    await using home = await temporaryFolder("cut-");
    const store = createRolloutStore({
      home: () => Promise.resolve(home.path),
      clock: manualClock(),
      lock: () => Promise.resolve(true),
    });
    const file = rolloutPath(home.path, id, new Date(2026, 0, 2));
    mkdirSync(path.dirname(file), { recursive: true });
    const whole = Buffer.from(written(lines));
    const first = whole.indexOf(10);
    for (let end = 0; end < first; end += 1) {
      writeFileSync(file, whole.subarray(0, end));
      await expect(store.load(id)).rejects.toMatchObject({ code: "file_error" });
      expect(readFileSync(file)).toEqual(whole.subarray(0, end));
    }
    for (let end = first; end <= whole.length; end += 1) {
      writeFileSync(file, whole.subarray(0, end));
      const loaded = await store.load(id);
      const before = brief(rebuild(loaded.lines).history);
      if (loaded.meta.id !== undefined) expect(loaded.log.mode).toBe(mode);
      loaded.log.append({
        type: "response_item",
        payload: { type: "message", role: "user", content: [{ type: "input_text", text: "more" }] },
      });
      await loaded.log.close();
      expect(readFileSync(file).subarray(0, end)).toEqual(whole.subarray(0, end));
      expect(brief(rebuild((await store.read(id)).lines).history)).toEqual([...before, "user: more"]);
    }
  },
);
