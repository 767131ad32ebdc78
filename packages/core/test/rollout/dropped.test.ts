import { describe, expect, it } from "vitest";
import { listDropped } from "../../src/rollout/dropped.js";
import { AT, assistant, call, line, output, user } from "./lines.js";

describe("what compactions left out", () => {
  it("is listed one by one: what is kept is not in it, what is gone is", () => {
    const kept = { type: "message", role: "user", content: [{ type: "input_text", text: "a" }] };
    const summary = { type: "message", role: "user", content: [{ type: "input_text", text: "sum" }] };
    const compacted = line("compacted", { message: "sum", replacement_history: [kept, summary] });
    const lines = [user("a"), assistant("thinking\naloud"), call("c1"), output("c1", "x".repeat(400)), compacted];
    const [first, second] = listDropped([...lines, assistant("later"), compacted]);
    expect(first?.timestamp).toBe(AT);
    expect(first?.items).toMatchObject([
      { kind: "assistant message", text: "thinking aloud" },
      { kind: "function call", text: 'exec_command {"cmd":"ls"}' },
      { kind: "function call output", text: "x".repeat(120) },
    ]);
    expect(second?.items).toMatchObject([{ text: "later" }]);
    expect(listDropped([user("a")])).toEqual([]);
  });
});
