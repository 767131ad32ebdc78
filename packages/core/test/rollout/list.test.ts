import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { RolloutLine, SessionQuery } from "@codex/protocol";
import { temporaryFolder } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { listSessions } from "../../src/rollout/list.js";
import { assistant, context, event, meta, user, written } from "./lines.js";

const uuid = (index: number) => `01890a5d-ac96-774b-bcce-${String(index).padStart(12, "0")}`;

function put(home: string, index: number, lines: readonly RolloutLine[], folder = "sessions/2026/01/02"): string {
  const minutes = String(index % 60).padStart(2, "0");
  const file = path.join(home, folder, `rollout-2026-01-02T03-${minutes}-00-${uuid(index)}.jsonl`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, written(lines));
  utimesSync(file, 1_700_000_000 + index, 1_700_000_000 + index);
  return file;
}

async function listed(fill: (home: string) => void, query: SessionQuery = {}) {
  await using home = await temporaryFolder("list-");
  fill(home.path);
  return listSessions(home.path, query);
}

describe("the list of sessions", () => {
  it("is newest first, by its last write, with what was asked first", async () => {
    const sessions = await listed((home) => {
      put(home, 1, [
        meta(),
        user("<environment_context>\n</environment_context>"),
        user("fix\nthe  test"),
        assistant("x"),
      ]);
      utimesSync(
        put(home, 0, [meta({ cwd: "/a" }), event("user_message", { message: "older" })]),
        1_800_000_000,
        1_800_000_000,
      );
    });
    expect(sessions.map(({ preview }) => preview)).toEqual(["older", "fix the test"]);
    expect(sessions[1]).toMatchObject({ id: uuid(1), cwd: "/work", cli_version: "0.169.0" });
  });

  it("leaves out what nobody asked anything, and what is no session", async () => {
    const sessions = await listed((home) => {
      put(home, 1, [meta()]);
      put(home, 2, [meta(), user("hi")]);
      writeFileSync(path.join(home, "sessions", "notes.jsonl"), "{}\n");
    });
    expect(sessions.map(({ id }) => id)).toEqual([uuid(2)]);
  });

  it("filters by the directory of the last turn, and by provider", async () => {
    const fill = (home: string) => {
      put(home, 1, [meta({ model_provider: "mock" }), user("one"), context({ cwd: "/moved" })]);
      put(home, 2, [meta({ model_provider: "other" }), user("two")]);
      put(home, 3, [meta(), user("three")]);
    };
    const previews = async (query: SessionQuery) => (await listed(fill, query)).map(({ preview }) => preview);
    expect(await previews({ cwd: "/moved" })).toEqual(["one"]);
    expect(await previews({ cwd: "/work" })).toEqual(["three", "two"]);
    expect(await previews({ model_provider: "mock" })).toEqual(["three", "one"]);
  });

  it("pages through all of them, each once, in both orders", async () => {
    await using home = await temporaryFolder("list-");
    for (let index = 0; index < 23; index += 1) put(home.path, index, [meta(), user(`n${index}`)]);
    for (const order of ["created", "updated"] as const) {
      const seen: string[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await listSessions(home.path, { limit: 5, order, ...(after === undefined ? {} : { after }) });
        if (page.length === 0) break;
        seen.push(...page.map(({ preview }) => preview));
        after = page.at(-1)?.cursor;
      }
      expect(seen).toEqual(Array.from({ length: 23 }, (_, index) => `n${22 - index}`));
    }
  });

  it("finds the archived ones apart", async () => {
    const fill = (home: string) => {
      put(home, 1, [meta(), user("here")]);
      put(home, 2, [meta(), user("there")], "archived_sessions");
    };
    expect((await listed(fill)).map(({ preview }) => preview)).toEqual(["here"]);
    expect((await listed(fill, { archived: true })).map(({ preview }) => preview)).toEqual(["there"]);
  });

  it("of no home is empty", async () => {
    expect(await listSessions("/nonexistent/home", {})).toEqual([]);
  });
});
