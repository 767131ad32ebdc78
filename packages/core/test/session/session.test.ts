import { CodexError } from "@codex/common";
import { fakeEnvironment, say, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { testEngine, typesOf } from "../support/engine.js";

describe("a session", () => {
  it("runs a turn without tools and tells it in order", async () => {
    const model = scriptedModel([say.message("hello")]);
    const engine = await testEngine({ model });
    const messages = await engine.ask("hi");
    expect(typesOf(messages)).toEqual([
      "session_configured",
      "task_started",
      "raw_response_item",
      "raw_response_item",
      "raw_response_item",
      "item_started",
      "item_completed",
      "user_message",
      "item_started",
      "agent_message_content_delta",
      "raw_response_item",
      "item_completed",
      "agent_message",
      "token_count",
      "turn_usage",
      "task_complete",
    ]);
    expect(messages.at(-1)).toMatchObject({ type: "task_complete", last_agent_message: "hello" });
  });

  it("opens the conversation with permissions, AGENTS.md and surroundings, then the prompt", async () => {
    const model = scriptedModel([say.message("ok")]);
    const engine = await testEngine({ model, docs: "use tabs" });
    await engine.ask("hi");
    const [prompt] = model.prompts;
    expect(prompt?.instructions).toBe("be good");
    expect(prompt?.input.map((item) => (item.type === "message" ? item.role : item.type))).toEqual([
      "developer",
      "user",
      "user",
    ]);
    const text = JSON.stringify(prompt?.input);
    expect(text).toContain("<permissions instructions>");
    expect(text).toContain("# AGENTS.md instructions for /work");
    expect(text).toContain("<current_date>2026-11-22</current_date>");
    expect(prompt?.tools.map((tool) => ("name" in tool ? tool.name : tool.type))).toEqual([
      ...["exec_command", "write_stdin", "update_plan", "apply_patch", "read_file", "write_file", "edit_file"],
      ...["list_dir", "grep_files", "find_files", "view_image"],
    ]);
  });

  it("keeps the prefix of a later turn's prompt as it was, and says nothing twice", async () => {
    const model = scriptedModel([say.message("one"), say.message("two")]);
    const engine = await testEngine({ model });
    await engine.ask("first");
    await engine.ask("second");
    const [before, after] = model.prompts;
    expect(after?.input.slice(0, before?.input.length)).toEqual(before?.input);
    expect(after?.input.length).toBe((before?.input.length ?? 0) + 2);
  });

  it("tells the model what changed when the sandbox or the directory did", async () => {
    const model = scriptedModel([say.message("one"), say.message("two")]);
    const engine = await testEngine({ model });
    await engine.ask("first");
    engine.submit({
      type: "override_turn_context",
      cwd: "/elsewhere",
      sandbox_policy: { type: "read-only" },
    });
    await engine.ask("second");
    const added = model.prompts[1]?.input.slice(-3) ?? [];
    expect(added.map((item) => (item.type === "message" ? item.role : ""))).toEqual(["developer", "user", "user"]);
    expect(JSON.stringify(added)).toContain("<cwd>/elsewhere</cwd>");
    expect(JSON.stringify(added)).toContain("read-only");
  });

  it("takes input during a turn as steering: no second turn, drained after the step", async () => {
    const model = scriptedModel([
      [say.call("c1", "update_plan", { plan: [{ step: "look", status: "in_progress" }] })],
      say.message("done"),
    ]);
    const engine = await testEngine({ model });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "and quickly" }] });
    await engine.until("task_complete");
    expect(typesOf(engine.seen.map(({ msg }) => msg)).filter((type) => type === "task_started")).toHaveLength(1);
    const last = model.prompts[1]?.input.at(-1);
    expect(JSON.stringify(last)).toContain("and quickly");
  });

  it("fails the turn, not the session, when the model refuses", async () => {
    const error = new CodexError("invalid_request", "no such model", { status: 400 });
    const model = scriptedModel([{ events: [], error }, say.message("back")]);
    const engine = await testEngine({ model });
    const failed = await engine.ask("hi");
    expect(failed.slice(-2)).toMatchObject([
      { type: "error", message: "no such model", codex_error_info: "other" },
      { type: "task_complete", last_agent_message: null, error: { message: "no such model" } },
    ]);
    expect((await engine.ask("again")).at(-1)).toMatchObject({ last_agent_message: "back" });
  });

  it("says what is wrong with an empty input", async () => {
    const engine = await testEngine({ model: scriptedModel([]) });
    engine.submit({ type: "user_input", items: [] });
    expect(await engine.until("error")).toMatchObject({ codex_error_info: "bad_request" });
  });

  it("ends with shutdown_complete, and the events end after it", async () => {
    const engine = await testEngine({ model: scriptedModel([]) });
    engine.submit({ type: "shutdown" });
    await engine.until("shutdown_complete");
    await expect(engine.until("error")).rejects.toThrow("the session ended");
  });
});

describe("a broken stream", () => {
  it("is tried again from the current history: finished items and outputs stay, nothing runs twice", async () => {
    const environment = fakeEnvironment({ run: () => ({ stdout: "listing\n" }) });
    const cut = new CodexError("stream_disconnected", "stream closed before response.completed", { retry: "backoff" });
    const model = scriptedModel([
      { events: [say.call("c1", "exec_command", { cmd: "ls" })], error: cut },
      say.message("done"),
    ]);
    const engine = await testEngine({ model, environment });
    const messages = await engine.ask("go");
    expect(environment.ran).toHaveLength(1);
    expect(messages.find(({ type }) => type === "stream_error")).toMatchObject({ message: "Reconnecting... 1/5" });
    const tail = model.prompts[1]?.input.slice(-2) ?? [];
    expect(tail.map(({ type }) => type)).toEqual(["function_call", "function_call_output"]);
    expect(JSON.stringify(tail)).toContain("listing");
    expect(messages.at(-1)).toMatchObject({ last_agent_message: "done" });
  });

  it("is given up after the provider's retries, and waits as long as the server said", async () => {
    const slow = new CodexError("rate_limited", "slow down", { retry: { after_ms: 7_000 }, status: 429 });
    const model = scriptedModel(
      [
        { events: [], error: slow },
        { events: [], error: slow },
        { events: [], error: slow },
      ],
      { max_retries: 2 },
    );
    const engine = await testEngine({ model });
    const messages = await engine.ask("go");
    expect(engine.clock.sleeps).toEqual([7_000, 7_000]);
    expect(messages.at(-1)).toMatchObject({ type: "task_complete", error: { message: "slow down" } });
    model.verify();
  });
});

describe("an interrupt", () => {
  it("stops a running command, answers the call, and leaves a marker for the next turn", async () => {
    const environment = fakeEnvironment({ run: () => ({ until: "killed" }) });
    const model = scriptedModel([[say.call("c1", "exec_command", { cmd: "sleep 100" })], say.message("later")]);
    const engine = await testEngine({ model, environment });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    await engine.until("exec_command_begin");
    engine.submit({ type: "interrupt" });
    expect(await engine.until("turn_aborted")).toMatchObject({ reason: "interrupted" });
    await engine.ask("again");
    const text = JSON.stringify(model.prompts[1]?.input);
    expect(text).toContain("aborted by user");
    expect(text).toContain("<turn_aborted>");
  });

  it("with nothing to stop does nothing", async () => {
    const engine = await testEngine({ model: scriptedModel([say.message("fine")]) });
    engine.submit({ type: "interrupt" });
    expect((await engine.ask("hi")).at(-1)).toMatchObject({ last_agent_message: "fine" });
  });
});

describe("the log", () => {
  it("gets settings before the prompt, items as they complete, and the events worth keeping", async () => {
    const engine = await testEngine({ model: scriptedModel([say.message("hello")]) });
    await engine.ask("hi");
    const kinds = engine.log.map((item) => (item.type === "event_msg" ? item.payload.type : item.type));
    expect(kinds).toEqual([
      "session_meta",
      "task_started",
      "response_item",
      "response_item",
      "turn_context",
      "response_item",
      "user_message",
      "response_item",
      "agent_message",
      "token_count",
      "session_spent",
      "task_complete",
    ]);
  });
});
