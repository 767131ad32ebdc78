import type { ResponseItem, WebSearchAction } from "@codex/protocol";
import { say, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { storedEvent } from "../../src/rollout/persist.js";
import { turnItemOf } from "../../src/turn/items.js";
import { testEngine } from "../support/engine.js";

const found: ResponseItem = {
  type: "web_search_call",
  id: "ws_1",
  status: "completed",
  action: { type: "search", query: "zod" },
};

describe("a search of the model's server", () => {
  it.each<readonly [WebSearchAction | undefined, string]>([
    [{ type: "search", query: "q" }, "q"],
    [{ type: "search", query: "q", queries: ["q", "r"] }, "q"],
    [{ type: "search", queries: ["a", "b"] }, "a ..."],
    [{ type: "search", queries: ["a"] }, "a"],
    [{ type: "search" }, ""],
    [{ type: "open_page", url: "http://u" }, "http://u"],
    [{ type: "find_in_page", url: "http://u", pattern: "p" }, "'p' in http://u"],
    [undefined, ""],
  ])("%j is told as %j, as live.md §2.2 saw it", (action, query) => {
    const item = { type: "web_search_call", id: "ws_1", ...(action === undefined ? {} : { action }) } as const;
    const shown = { type: "WebSearch", id: "ws_1", query, action: action ?? { type: "other" } };
    expect(turnItemOf(item, "other")).toEqual(shown);
  });

  it("begins once and ends once, whether the server announced it or not", async () => {
    const model = scriptedModel([
      [
        { type: "item_started", item_id: "ws_1", kind: "web_search_call" },
        { type: "item_done", item: found },
        { type: "item_done", item: { ...found, id: "ws_2" } },
        ...say.message("done"),
      ],
    ]);
    const engine = await testEngine({ model });
    const messages = await engine.ask("look it up");
    const shown = messages.flatMap((message) => {
      if (message.type !== "item_started" && message.type !== "item_completed") return [];
      return message.item.type === "WebSearch" ? [[message.type, message.item.id, message.item.query]] : [];
    });
    expect(shown).toEqual([
      ["item_started", "ws_1", ""],
      ["item_completed", "ws_1", "zod"],
      ["item_started", "ws_2", "zod"],
      ["item_completed", "ws_2", "zod"],
    ]);
    const done = messages.find((message) => message.type === "item_completed" && message.item.type === "WebSearch");
    expect(done === undefined ? undefined : storedEvent(done, "legacy")).toEqual({
      type: "web_search_end",
      call_id: "ws_1",
      query: "zod",
      action: { type: "search", query: "zod" },
    });
  });
});
