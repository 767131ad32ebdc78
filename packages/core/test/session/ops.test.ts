import { submissionId } from "@codex/protocol";
import { fakeEnvironment, say, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { testEngine, typesOf } from "../support/engine.js";

describe("a command of the person", () => {
  it("is a turn of its own, without sandbox, and the model reads the result with the next prompt", async () => {
    const environment = fakeEnvironment({ run: () => ({ stdout: "a.txt\n", exit: 3 }) });
    const model = scriptedModel([say.message("seen")]);
    const engine = await testEngine({ model, environment });
    await engine.until("session_configured");
    engine.submit({ type: "run_user_shell_command", command: "ls | head" });
    await engine.until("task_complete");
    expect(typesOf(engine.seen.map(({ msg }) => msg))).toEqual([
      ...["session_configured", "task_started", "exec_command_begin", "exec_command_output_delta"],
      ...["exec_command_end", "raw_response_item", "task_complete"],
    ]);
    expect(environment.ran.map(({ request, confined }) => [request.argv, confined, request.timeout_ms])).toEqual([
      [["bash", "-lc", "ls | head"], undefined, 3_600_000],
    ]);
    expect(engine.seen.map(({ msg }) => msg)).toContainEqual(
      expect.objectContaining({ type: "exec_command_end", source: "user_shell", exit_code: 3, status: "failed" }),
    );
    await engine.ask("what did I see?");
    const text = JSON.stringify(model.prompts[0]?.input);
    expect(text).toMatch(/<user_shell_command>\\n<command>\\nls \| head\\n<\/command>\\n<result>\\nExit code: 3\\n/);
    expect(text).toMatch(/Duration: \d+\.\d{4} seconds\\nOutput:\\na\.txt\\n\\n<\/result>\\n<\/user_shell_command>/);
  });

  it("runs beside a turn without a life of its own, and the turn's next request tells of it", async () => {
    let letGo = (): void => undefined;
    const gone = new Promise<void>((resolve) => (letGo = resolve));
    const environment = fakeEnvironment({
      run: ({ argv }) => (argv.includes("agent") ? { until: gone } : { stdout: "mine\n" }),
    });
    const model = scriptedModel([[say.call("c1", "exec_command", { cmd: "agent" })], say.message("done")]);
    const engine = await testEngine({ model, environment });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    const begun = await engine.until("exec_command_begin");
    engine.submit({ type: "run_user_shell_command", command: "whoami" });
    expect(await engine.until("exec_command_end")).toMatchObject({ source: "user_shell", stdout: "mine\n" });
    letGo();
    await engine.until("task_complete");
    const types = typesOf(engine.seen.map(({ msg }) => msg));
    expect(types.filter((type) => type === "task_started")).toHaveLength(1);
    const ends = engine.seen.filter(({ msg }) => msg.type === "exec_command_end");
    expect(ends.map(({ msg }) => "turn_id" in msg && msg.turn_id)).toEqual(
      Array(2).fill("turn_id" in begun && begun.turn_id),
    );
    expect(JSON.stringify(model.prompts[1]?.input.at(-1))).toContain("<command>\\nwhoami\\n");
  });

  it("ends with an interrupt, and says so", async () => {
    const environment = fakeEnvironment({ run: () => ({ stdout: "half", until: "killed" }) });
    const engine = await testEngine({ model: scriptedModel([say.message("ok")]), environment });
    engine.submit({ type: "run_user_shell_command", command: "sleep 100" });
    await engine.until("exec_command_begin");
    engine.submit({ type: "interrupt" });
    expect(await engine.until("exec_command_end")).toMatchObject({ status: "failed" });
    expect(await engine.until("turn_aborted")).toMatchObject({ reason: "interrupted" });
    expect((await engine.ask("again")).at(-1)).toMatchObject({ last_agent_message: "ok" });
  });

  it("must not be empty", async () => {
    const engine = await testEngine({ model: scriptedModel([]) });
    engine.submit({ type: "run_user_shell_command", command: " " });
    expect(await engine.until("error")).toMatchObject({ codex_error_info: "bad_request" });
  });
});

describe("settings that come with an op", () => {
  it("hold from that turn on; null goes back to the default", async () => {
    const model = scriptedModel([say.message("one"), say.message("two"), say.message("three")]);
    const engine = await testEngine({ model, settings: { effort: "low", service_tier: "flex" } });
    const items = [{ type: "text", text: "go" }] as const;
    engine.submit({ type: "user_turn", items, cwd: "/else/where/", model: "other", effort: "high" });
    await engine.until("task_complete");
    await engine.ask("again");
    engine.submit({ type: "override_turn_context", effort: null, service_tier: null, summary: "none" });
    await engine.ask("once more");
    expect(
      model.settings.map(({ cwd, model, effort, service_tier, summary }) => [
        cwd,
        model,
        effort,
        service_tier,
        summary,
      ]),
    ).toEqual([
      ["/else/where/", "other", "high", "flex", undefined],
      ["/else/where/", "other", "high", "flex", undefined],
      ["/else/where/", "other", undefined, undefined, "none"],
    ]);
  });

  it("are refused as a whole when one is wrong, and no turn starts", async () => {
    const engine = await testEngine({ model: scriptedModel([say.message("ok")]) });
    const items = [{ type: "text", text: "go" }] as const;
    engine.submit({ type: "user_turn", items, cwd: "here", model: "other" });
    expect(await engine.until("error")).toMatchObject({ message: "cwd is not an absolute path: here" });
    const messages = await engine.ask("go");
    expect(typesOf(messages).filter((type) => type === "task_started")).toHaveLength(1);
  });
});

describe("a session", () => {
  it("takes the id that a submission brings", async () => {
    const engine = await testEngine({ model: scriptedModel([say.message("ok")]) });
    const items = [{ type: "text", text: "go" }] as const;
    expect(engine.session.submit({ type: "user_input", items }, submissionId("mine"))).toBe("mine");
    expect(await engine.until("task_complete")).toMatchObject({ turn_id: "mine" });
    expect(engine.seen.at(-1)?.id).toBe("mine");
  });

  it("keeps at most 512 submissions waiting, and says which it dropped; a shutdown is always heard", async () => {
    const engine = await testEngine({ model: scriptedModel([]) });
    for (let count = 0; count < 514; count += 1) engine.submit({ type: "list_custom_prompts" });
    engine.submit({ type: "shutdown" });
    await engine.until("shutdown_complete");
    const types = typesOf(engine.seen.map(({ msg }) => msg));
    expect(types.filter((type) => type === "error")).toHaveLength(2);
    expect(types.filter((type) => type === "list_custom_prompts_response")).toHaveLength(512);
  });

  it("shuts down when idle: what runs and what waits is finished first", async () => {
    const model = scriptedModel([
      [say.call("c1", "update_plan", { plan: [{ step: "look", status: "pending" }] })],
      say.message("one"),
      say.message("summary"),
    ]);
    const engine = await testEngine({ model });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    engine.submit({ type: "compact" });
    engine.submit({ type: "shutdown", when_idle: true });
    await engine.until("shutdown_complete");
    const types = typesOf(engine.seen.map(({ msg }) => msg));
    expect(types.filter((type) => type === "task_complete")).toHaveLength(2);
    expect(types).not.toContain("turn_aborted");
    const idle = await testEngine({ model: scriptedModel([]) });
    idle.submit({ type: "shutdown", when_idle: true });
    await idle.until("shutdown_complete");
  });

  it("lists the commands that were left running, and stops one of them", async () => {
    const environment = fakeEnvironment({ run: () => ({ stdout: "up\n", until: "killed" }) });
    const model = scriptedModel([
      [say.call("c1", "exec_command", { cmd: "serve", yield_time_ms: 250 })],
      say.message("it runs"),
    ]);
    const engine = await testEngine({ model, environment });
    await engine.ask("go");
    engine.submit({ type: "list_background_terminals" });
    const listed = await engine.until("list_background_terminals_response");
    if (listed.type !== "list_background_terminals_response") throw new Error("another event");
    expect(listed.terminals).toMatchObject([{ call_id: "c1", command: ["bash", "-lc", "serve"], cwd: "/work" }]);
    engine.submit({ type: "stop_background_terminal", process_id: listed.terminals[0]?.process_id ?? "" });
    engine.submit({ type: "stop_background_terminal", process_id: "1" });
    expect(await engine.until("error")).toMatchObject({ message: "no background command has the id 1" });
    engine.submit({ type: "list_background_terminals" });
    expect(await engine.until("list_background_terminals_response")).toMatchObject({ terminals: [] });
  });

  it("reads the model no faster than the face reads: what waits is bounded", async () => {
    let asked = 0;
    const model = scriptedModel([
      async function* () {
        for (; asked < 20_000; asked += 1) yield { type: "text_delta", item_id: "m", delta: "x" };
        yield* say.message("done");
      },
    ]);
    const engine = await testEngine({ model });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    await engine.until("agent_message_content_delta");
    for (let ticks = 0; ticks < 100; ticks += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBeLessThan(5_000);
    await engine.until("task_complete");
    expect(
      typesOf(engine.seen.map(({ msg }) => msg)).filter((type) => type === "agent_message_content_delta"),
    ).toHaveLength(20_001);
  });

  it("can be interrupted while nobody reads", async () => {
    const model = scriptedModel([
      async function* (_, signal) {
        for (;;) {
          signal.throwIfAborted();
          yield { type: "text_delta", item_id: "m", delta: "x" };
        }
      },
    ]);
    const engine = await testEngine({ model });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    await engine.until("agent_message_content_delta");
    engine.submit({ type: "interrupt" });
    expect(await engine.until("turn_aborted")).toMatchObject({ reason: "interrupted" });
  });
});
