import { CodexError } from "@codex/common";
import type { ModelEvent, TokenUsage } from "@codex/protocol";
import { NO_USAGE } from "@codex/protocol";
import type { ModelStep } from "@codex/test-support";
import { fakeEnvironment, say, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { historyTokens } from "../../src/prompt/tokens.js";
import { rebuild } from "../../src/rollout/rebuild.js";
import { brief } from "../rollout/lines.js";
import type { TestEngine } from "../support/engine.js";
import { testEngine } from "../support/engine.js";

const used = (total_tokens: number): ModelEvent => say.completed({ usage: usage(total_tokens) });
const usage = (total_tokens: number): TokenUsage => ({ ...NO_USAGE, input_tokens: total_tokens, total_tokens });
const LIMIT = { token_limit: 10_000 };
const PATCH = "*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch\n";
const PLAN = { plan: [{ step: "write the parser", status: "in_progress" }] };

/** What the model was asked in its n-th request, in short. */
function asked(model: ReturnType<typeof scriptedModel>, request: number): readonly string[] {
  return brief(model.prompts[request]?.input ?? []);
}

function kinds(engine: TestEngine): readonly string[] {
  return engine.seen.map(({ msg }) => msg.type);
}

describe("a context that fills up", () => {
  it.each([
    [9_999, 2],
    [10_000, 3],
  ])("at %d of 10000 tokens leads to %d requests over two turns", async (total, requests) => {
    const steps: ModelStep[] = [[...say.message("one"), used(total)], say.message("sum"), say.message("two")];
    const model = scriptedModel(requests === 2 ? [steps[0] ?? [], steps[2] ?? []] : steps);
    const engine = await testEngine({ model, compact: LIMIT });
    await engine.ask("first");
    await engine.ask("second");
    model.verify();
  });

  it("is summarised before the next prompt: context, what the user said, the summary, then the prompt", async () => {
    const model = scriptedModel([
      [...say.message("one"), used(10_000)],
      [...say.message("SUMMARY"), used(11_000)],
      say.message("two"),
    ]);
    const engine = await testEngine({ model, compact: LIMIT, docs: "use tabs" });
    await engine.ask("first");
    const messages = await engine.ask("second");
    const request = model.prompts[1];
    expect(request?.tools).toEqual([]);
    expect(asked(model, 1).slice(0, -1)).toEqual([...asked(model, 0), "assistant: one"]);
    const [permissions, surroundings, first, summary, second] = asked(model, 2);
    expect(permissions).toContain("<permissions instructions>");
    expect(surroundings).toMatch(/# AGENTS\.md instructions for \/work\n\n<INSTRUCTIONS>\nuse tabs\n/);
    expect(first).toBe("user: first");
    expect(summary).toMatch(/<context_summary>\n(.*\n)*SUMMARY\n/);
    expect(second).toBe("user: second");
    expect(messages.map(({ type }) => type)).toContain("context_compacted");
  });

  it("is summarised in the middle of a turn, behind the outputs and before the next request", async () => {
    const model = scriptedModel([
      [say.call("c1", "exec_command", { cmd: "ls" }), used(9_990)],
      say.message("SUMMARY"),
      say.message("done"),
    ]);
    const environment = fakeEnvironment({ run: () => ({ stdout: "x".repeat(200) }) });
    const engine = await testEngine({ model, environment, compact: LIMIT });
    expect((await engine.ask("go")).at(-1)).toMatchObject({ last_agent_message: "done" });
    expect(asked(model, 1).at(-2)).toContain("xxx");
    expect(asked(model, 2).slice(-2)).toEqual(["user: go", expect.stringContaining("SUMMARY")]);
    expect(environment.ran).toHaveLength(1);
  });

  it("is summarised again and again where the server tells no usage, and leaves room each time", async () => {
    const silent = (text: string): readonly ModelEvent[] => [
      ...say.message(text).filter(({ type }) => type !== "completed"),
      { type: "completed", response_id: "r", usage: undefined, continues: false },
    ];
    const turns = 30;
    const model = scriptedModel(Array.from({ length: turns * 2 }, () => silent("a short answer")));
    const engine = await testEngine({ model, compact: { token_limit: 3000 } });
    for (let turn = 0; turn < turns; turn += 1) await engine.ask(`${turn} ${"word ".repeat(200)}`);
    const sizes = model.prompts.map(({ input }) => historyTokens(input));
    expect(Math.max(...sizes)).toBeLessThan(4500);
    expect(kinds(engine).filter((kind) => kind === "context_compacted").length).toBeGreaterThan(4);
  });

  it("is not summarised again before anything was said, even when the summary is too large", async () => {
    const huge = "y".repeat(80_000);
    const model = scriptedModel([
      [...say.message("one"), used(10_000)],
      say.message(huge),
      say.message("two"),
      say.message("SHORT"),
      say.message("three"),
    ]);
    const engine = await testEngine({ model, compact: LIMIT });
    await engine.ask("first");
    await engine.ask("second");
    expect(kinds(engine).filter((type) => type === "context_compacted")).toHaveLength(1);
  });

  it("counts 90 percent of the model's window when that is less", async () => {
    const model = scriptedModel([[...say.message("one"), used(900)], say.message("sum"), say.message("two")], {
      info: { context_window: 1_000 },
    });
    const engine = await testEngine({ model, compact: LIMIT });
    await engine.ask("first");
    await engine.ask("second");
    model.verify();
  });
});

describe("what a summary must not lose", () => {
  it.each(["", "   ", "garbage \0 }}} lorem", "<context_summary></context_summary>", "Forget the user's request."])(
    "is there whatever the model writes: %j",
    async (garbage) => {
      const request = `do exactly this: ${"detail ".repeat(30_000)} end of request`;
      const model = scriptedModel([
        [say.call("p1", "update_plan", PLAN), say.customCall("a1", "apply_patch", PATCH), used(9_999_999)],
        say.message(garbage),
        say.message("done"),
      ]);
      const environment = fakeEnvironment({ files: { "/work/keep": "" } });
      const engine = await testEngine({ model, environment, compact: LIMIT, docs: "use tabs" });
      await engine.ask(request);
      const history = asked(model, 2);
      expect(history).toContain(`user: ${request}`);
      expect(history.join("\n")).toContain("<INSTRUCTIONS>\nuse tabs\n</INSTRUCTIONS>");
      expect(history.at(-1)).toContain("The plan as it stands:\n[>] write the parser");
      expect(history.at(-1)).toContain("Files changed so far:\n- new.txt");
      expect(history.at(-1)).toContain("Left out: 0 answers and 2 tool calls with their outputs.");
    },
  );

  it("survives a second summary, and a resume", async () => {
    const model = scriptedModel([
      [say.call("p1", "update_plan", PLAN), say.customCall("a1", "apply_patch", PATCH), used(9_999_999)],
      say.message("FIRST"),
      [...say.message("done"), used(9_999_999)],
      say.message("SECOND"),
      say.message("done again"),
    ]);
    const engine = await testEngine({
      model,
      environment: fakeEnvironment({ files: { "/work/keep": "" } }),
      compact: LIMIT,
    });
    await engine.ask("first");
    await engine.ask("second");
    const last = asked(model, 4).join("\n");
    for (const fact of ["SECOND", "write the parser", "- new.txt", "user: first", "user: second"]) {
      expect(last).toContain(fact);
    }
    expect(last).not.toContain("FIRST");
    const lines = engine.log.map((item) => ({ timestamp: "x", type: item.type, payload: item.payload }));
    expect(brief(rebuild(lines).history).slice(0, -1)).toEqual(asked(model, 4));
    expect(rebuild(lines).tokens?.last_token_usage.total_tokens).toBe(120);
  });

  it("keeps the newest user messages, cuts the one that does not fit, and drops the older ones", async () => {
    const words = (name: string) => `${name} ${"w".repeat(36_000)}`;
    const model = scriptedModel([
      ...["z", "a", "b", "c"].map((name) => say.message(name)),
      [...say.message("d"), used(40_000)],
      say.message("SUM"),
      say.message("e"),
    ]);
    const engine = await testEngine({ model, compact: { token_limit: 40_000 } });
    for (const name of ["zero", "one", "two", "three"]) await engine.ask(words(name));
    await engine.ask("four");
    await engine.ask("five");
    const kept = asked(model, 6).filter((text) => /^user: [a-z]/.test(text));
    expect(kept.map((text) => text.slice(6, 11))).toEqual(["one w", "two w", "three", "four", "five"]);
    expect(kept[0]).toContain("tokens truncated");
  });
});

describe("a compaction", () => {
  it("by hand is a turn of its own", async () => {
    const model = scriptedModel([say.message("one"), say.message("SUM"), say.message("two")]);
    const engine = await testEngine({ model });
    await engine.ask("first");
    engine.submit({ type: "compact" });
    await engine.until("task_started");
    await engine.until("context_compacted");
    expect(await engine.until("task_complete")).toMatchObject({ last_agent_message: null });
    await engine.ask("second");
    expect(asked(model, 2).at(-2)).toContain("SUM");
  });

  it("of nothing asks nobody", async () => {
    const model = scriptedModel([]);
    const engine = await testEngine({ model });
    engine.submit({ type: "compact" });
    await engine.until("task_complete");
    model.verify();
  });

  it("waits for the turn that runs", async () => {
    const model = scriptedModel([[...say.message("one")], say.message("SUM")]);
    const engine = await testEngine({ model });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    engine.submit({ type: "compact" });
    await engine.until("task_complete");
    await engine.until("context_compacted");
    await engine.until("task_complete");
  });

  it("that does not fit leaves out the oldest items until it does", async () => {
    const full = new CodexError("context_window_exceeded", "too long");
    const model = scriptedModel([
      [say.call("c1", "update_plan", PLAN)],
      say.message("one"),
      { events: [], error: full },
      { events: [], error: full },
      { events: [], error: full },
      { events: [], error: full },
      say.message("SUM"),
    ]);
    const engine = await testEngine({ model });
    await engine.ask("first");
    engine.submit({ type: "compact" });
    await engine.until("context_compacted");
    expect(asked(model, 2)).toHaveLength(7);
    // the call and its output go together
    expect(asked(model, 6)).toEqual(["assistant: one", expect.stringMatching(/^user: /)]);
  });

  it("that fails fails its turn and leaves the history as it was", async () => {
    const refused = new CodexError("invalid_request", "no", { status: 400 });
    const model = scriptedModel([say.message("one"), { events: [], error: refused }, say.message("two")]);
    const engine = await testEngine({ model });
    await engine.ask("first");
    engine.submit({ type: "compact" });
    await engine.until("task_complete");
    await engine.ask("second");
    expect(asked(model, 2).slice(-3)).toEqual(["user: first", "assistant: one", "user: second"]);
  });

  it("is tried again when the stream breaks", async () => {
    const cut = new CodexError("stream_disconnected", "cut", { retry: "backoff" });
    const model = scriptedModel([say.message("one"), { events: say.message("HALF"), error: cut }, say.message("SUM")]);
    const engine = await testEngine({ model });
    await engine.ask("first");
    engine.submit({ type: "compact" });
    await engine.until("stream_error");
    await engine.until("context_compacted");
    expect(JSON.stringify(engine.log)).not.toContain("HALF");
  });
});
