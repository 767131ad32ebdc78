import type { RolloutLine } from "@codex/protocol";
import { describe, expect, it } from "vitest";
import { rebuild } from "../../src/rollout/rebuild.js";
import { assistant, brief, call, context, event, line, meta, output, user } from "./lines.js";

const says = (lines: readonly RolloutLine[]) => brief(rebuild(lines).history);
const item = (text: string) => ({ type: "message", role: "user", content: [{ type: "input_text", text }] });

describe("a history rebuilt from a file", () => {
  it("holds the response items and nothing else", () => {
    const lines = [
      meta(),
      event("task_started", { turn_id: "t" }),
      user("hi"),
      event("user_message", { message: "hi" }),
      line("world_state", { full: true, state: {} }),
      line("surely_unknown", { a: 1 }),
      call("c1"),
      output("c1", "listing"),
      line("response_item", { type: "surely_unknown" }),
      line("response_item", { type: "message", role: "system", content: [] }),
      assistant("done"),
      event("agent_message", { message: "done" }),
    ];
    expect(says(lines)).toEqual(["user: hi", "c1 function_call", 'c1 -> "listing"', "assistant: done"]);
  });

  it("keeps what a message says beside a part that nobody knows", () => {
    const content = [{ type: "input_text", text: "look" }, { type: "input_smell" }];
    expect(says([line("response_item", { type: "message", role: "user", content })])).toEqual(["user: look"]);
  });

  it("reads outputs with images", () => {
    const parts = [{ type: "input_image", image_url: "data:,x", detail: "original" }];
    const payload = { type: "function_call_output", call_id: "c1", output: parts };
    expect(rebuild([call("c1"), line("response_item", payload)]).history[1]).toMatchObject({ output: parts });
  });

  it("begins anew where it was compacted, also with an empty history", () => {
    const compacted = (replacement_history: readonly object[]) =>
      line("compacted", { message: "sum", replacement_history });
    expect(says([user("a"), assistant("b"), compacted([item("kept")]), user("c")])).toEqual(["user: kept", "user: c"]);
    expect(says([user("a"), compacted([]), user("c")])).toEqual(["user: c"]);
  });

  it("keeps what people said where an older compaction holds only a summary", () => {
    const lines = [
      user("<environment_context>\n</environment_context>"),
      user("a"),
      assistant("b"),
      line("compacted", { message: "sum" }),
      assistant("c"),
      line("compacted", { message: "second" }),
    ];
    expect(says(lines)).toEqual(["user: a", "user: sum", "user: second"]);
  });

  it("forgets turns that were rolled back, but not what was said before them", () => {
    const lines = [
      user("<environment_context>\n</environment_context>"),
      context(),
      user("a"),
      assistant("b"),
      user("<turn_aborted>\n</turn_aborted>"),
      context({ cwd: "/else" }),
      user("c"),
      assistant("d"),
    ];
    const rolled = (turns: number) => rebuild([...lines, event("thread_rolled_back", { num_turns: turns })]);
    expect(brief(rolled(1).history).at(-1)).toBe("user: <turn_aborted>\n</turn_aborted>");
    expect(rolled(2).history).toHaveLength(1);
    expect(rolled(2).known?.cwd).toBe("/work");
    expect(rolled(3)).toMatchObject({ history: [], known: undefined });
    expect(brief(rebuild([...lines, event("thread_rolled_back", { num_turns: 1 }), user("e")]).history).at(-1)).toBe(
      "user: e",
    );
  });

  it("knows the settings of which the model was told last, in the words of every version", () => {
    expect(rebuild([context(), context({ sandbox_policy: { mode: "read-only" } })]).known).toEqual({
      cwd: "/work",
      model: "gpt-5",
      approval_policy: "never",
      sandbox_policy: { type: "read-only" },
    });
    const compacted = line("compacted", { message: "sum", replacement_history: [] });
    expect(rebuild([context(), compacted]).known).toBeUndefined();
    expect(rebuild([context({ approval_policy: "sometimes" })]).known).toBeUndefined();
  });

  it("knows the tokens of the last count that says any", () => {
    const usage = { input_tokens: 5, output_tokens: 2, total_tokens: 7 };
    const info = { total_token_usage: usage, last_token_usage: usage, model_context_window: 1000 };
    const lines = [event("token_count", { info, rate_limits: null }), event("token_count", { info: null })];
    expect(rebuild(lines).tokens).toMatchObject({ last_token_usage: { total_tokens: 7, cached_input_tokens: 0 } });
  });

  it("remembers plan and patched files from before a compaction", () => {
    const patch = "*** Begin Patch\n*** Update File: src/a.ts\n@@\n-x\n+y\n*** Add File: b.ts\n+z\n*** End Patch";
    const failed = "*** Begin Patch\n*** Delete File: gone.ts\n*** End Patch";
    const lines = [
      call("p1", "update_plan", { plan: [{ step: "look", status: "completed" }] }),
      output("p1", "Plan updated"),
      line("response_item", { type: "custom_tool_call", call_id: "a1", name: "apply_patch", input: patch }),
      line("response_item", { type: "custom_tool_call_output", call_id: "a1", output: "Exit code: 0\n" }),
      call("a2", "shell", { command: ["apply_patch", failed] }),
      output("a2", "apply_patch verification failed: no such file"),
      line("compacted", { message: "sum", replacement_history: [] }),
    ];
    const { ledger } = rebuild(lines);
    expect(ledger.files).toEqual(["src/a.ts", "b.ts"]);
    expect(ledger.plan).toEqual([{ step: "look", status: "completed" }]);
  });
});
