import { fakeEnvironment, say, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { rebuild } from "../../src/rollout/rebuild.js";
import { parseLine } from "../../src/rollout/scan.js";
import { assistant, brief, call, context, event, output, user, written } from "../rollout/lines.js";
import { SETTINGS, testEngine } from "../support/engine.js";

const told = context({ ...SETTINGS, current_date: "2026-11-22" });
const past = [user("<environment_context>\n</environment_context>"), told, user("first"), assistant("one")];

describe("a resumed session", () => {
  it("goes on where it ended: nothing is said again, the next prompt follows", async () => {
    const model = scriptedModel([say.message("two")]);
    const engine = await testEngine({ model, stored: past });
    await engine.ask("second");
    expect(brief(model.prompts[0]?.input ?? [])).toEqual([
      "user: <environment_context>\n</environment_context>",
      "user: first",
      "assistant: one",
      "user: second",
    ]);
    expect(engine.log[0]).toMatchObject({ type: "event_msg", payload: { type: "task_started" } });
  });

  it("tells the model about its surroundings when the file does not show that it was told", async () => {
    const model = scriptedModel([say.message("two")]);
    const engine = await testEngine({ model, stored: [user("first"), assistant("one")] });
    await engine.ask("second");
    expect(JSON.stringify(model.prompts[0]?.input.slice(2))).toContain("<environment_context>");
  });

  it("tells what is different now: model, sandbox, directory, day and AGENTS.md", async () => {
    const model = scriptedModel([say.message("two")]);
    const before = context({
      ...SETTINGS,
      model: "older",
      cwd: "/elsewhere",
      sandbox_policy: { type: "read-only" },
      current_date: "2026-11-01",
    });
    const engine = await testEngine({ model, stored: [user("x"), before, user("first")], docs: "use tabs" });
    const messages = await engine.ask("second");
    const text = JSON.stringify(model.prompts[0]?.input.slice(2));
    for (const part of ["<model_switch>", "workspace-write", "<cwd>/work</cwd>", "2026-11-22", "use tabs"]) {
      expect(text).toContain(part);
    }
    expect(messages).toContainEqual({
      type: "warning",
      message: "this session was held with the model older; it goes on with scripted",
    });
  });

  it("tells a changed AGENTS.md once", async () => {
    const model = scriptedModel([say.message("two"), say.message("three")]);
    const docs = "# AGENTS.md instructions for /work\n\n<INSTRUCTIONS>\nuse spaces\n</INSTRUCTIONS>";
    const engine = await testEngine({ model, stored: [user(docs), ...past], docs: "use tabs" });
    await engine.ask("second");
    await engine.ask("third");
    const text = brief(model.prompts[1]?.input ?? []).join("\n");
    expect(text.split("use tabs")).toHaveLength(2);
  });

  it("answers calls whose end nobody saw, in the file too, and runs nothing by itself", async () => {
    const environment = fakeEnvironment();
    const model = scriptedModel([say.message("I look first")]);
    const stored = [...past, call("c1"), call("c2"), output("c2", "seen")];
    const engine = await testEngine({ model, environment, stored });
    await engine.ask("go on");
    expect(environment.ran).toEqual([]);
    const lost = model.prompts[0]?.input.find((item) => "output" in item && item.call_id === "c1");
    expect(JSON.stringify(lost)).toContain("It may have run");
    expect(engine.log.filter((item) => JSON.stringify(item).includes("It may have run"))).toHaveLength(1);
  });

  it("counts tokens on from what was counted", async () => {
    const usage = { input_tokens: 1000, output_tokens: 1, total_tokens: 1001 };
    const info = { total_token_usage: usage, last_token_usage: usage, model_context_window: null };
    const engine = await testEngine({
      model: scriptedModel([say.message("two")]),
      stored: [...past, event("token_count", { info })],
    });
    const counts = (await engine.ask("second")).filter(({ type }) => type === "token_count");
    expect(counts.at(-1)).toMatchObject({ info: { total_token_usage: { total_tokens: 1121 } } });
  });

  it("takes any file that was cut off, at every byte of it", () => {
    const lines = [...past, call("c1", "apply_patch"), output("c1", "grün ✓"), assistant("done")];
    const bytes = Buffer.from(written(lines));
    let before = 0;
    for (let end = 0; end <= bytes.length; end += 1) {
      const parsed = bytes.subarray(0, end).toString("utf8").split("\n");
      const { history } = rebuild(parsed.flatMap((text) => parseLine(text) ?? []));
      expect(history.length).toBeGreaterThanOrEqual(before);
      before = history.length;
    }
    expect(before).toBe(6);
  });
});

describe("a rollback", () => {
  it("forgets turns, says so, and leaves the marker in the file", async () => {
    const model = scriptedModel([say.message("one"), say.message("two"), say.message("again")]);
    const engine = await testEngine({ model });
    await engine.ask("first");
    await engine.ask("second");
    engine.submit({ type: "thread_rollback", num_turns: 1 });
    expect(await engine.until("thread_rolled_back")).toEqual({ type: "thread_rolled_back", num_turns: 1 });
    await engine.ask("third");
    const asked = brief(model.prompts[2]?.input ?? []);
    expect(asked.slice(-3)).toEqual(["user: first", "assistant: one", "user: third"]);
    const rebuilt = rebuild(engine.log.map((each) => ({ timestamp: "x", type: each.type, payload: each.payload })));
    expect(brief(rebuilt.history).slice(0, -1)).toEqual(asked);
  });

  it.each([
    [0, "at least one turn"],
    [1.5, "at least one turn"],
    [1, "nothing to roll back"],
  ])("of %d turns before there are any is refused", async (turns, message) => {
    const engine = await testEngine({ model: scriptedModel([]) });
    engine.submit({ type: "thread_rollback", num_turns: turns });
    expect(await engine.until("error")).toMatchObject({
      codex_error_info: "thread_rollback_failed",
      message: expect.stringContaining(message),
    });
  });

  it("during a turn is refused", async () => {
    const environment = fakeEnvironment({ run: () => ({ until: "killed" }) });
    const model = scriptedModel([[say.call("c1", "exec_command", { cmd: "sleep 9" })]]);
    const engine = await testEngine({ model, environment, stored: past });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    await engine.until("exec_command_begin");
    engine.submit({ type: "thread_rollback", num_turns: 1 });
    expect(await engine.until("error")).toMatchObject({ message: expect.stringContaining("a turn is running") });
    engine.submit({ type: "interrupt" });
    await engine.until("turn_aborted");
  });
});
