import { CodexError } from "@codex/common";
import type { EventMsg, Op } from "@codex/protocol";
import { fakeEnvironment, say, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import type { TestEngineOptions } from "../support/engine.js";
import { testEngine } from "../support/engine.js";
import { orderProblems } from "../support/order.js";

const go: Op = { type: "user_input", items: [{ type: "text", text: "go" }] };
const shell: Op = { type: "run_user_shell_command", command: "mine" };
const cut = new CodexError("stream_disconnected", "cut", { retry: "backoff" });
const runs = fakeEnvironment({ run: () => ({ stdout: "out\n" }) });
const hangs = fakeEnvironment({ run: () => ({ until: "killed" }) });
const PATCH = "*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch\n";
const twoCalls = [say.call("c1", "exec_command", { cmd: "a" }), say.call("c2", "exec_command", { cmd: "b" })];
const patch = say.customCall("c3", "apply_patch", PATCH);

type Script = readonly (Op | EventMsg["type"])[];

const cases: readonly (readonly [string, TestEngineOptions, Script])[] = [
  ["nothing but a shutdown", { model: scriptedModel([]) }, []],
  ["a message", { model: scriptedModel([say.message("hi")]) }, [go, "task_complete"]],
  ["two calls and a patch", { model: scriptedModel([twoCalls, [patch], say.message("hi")]), environment: runs }, [go]],
  ["a cut stream", { model: scriptedModel([{ events: twoCalls, error: cut }, say.message("hi")]) }, [go]],
  ["a failure", { model: scriptedModel([{ events: [], error: new CodexError("bad_request", "no") }]) }, [go]],
  ["an interrupt", { model: scriptedModel([twoCalls]), environment: hangs }, [go, "exec_command_begin"]],
  ["steering", { model: scriptedModel([twoCalls, say.message("a"), say.message("b")]), environment: runs }, [go, go]],
  [
    "compaction behind a turn",
    { model: scriptedModel([say.message("a"), say.message("s")]) },
    [go, { type: "compact" }],
  ],
  ["a command of the person", { model: scriptedModel([]), environment: runs }, [shell]],
  ["one beside a turn", { model: scriptedModel([twoCalls, say.message("a")]), environment: runs }, [go, shell, go]],
  ["one that never ends", { model: scriptedModel([]), environment: hangs }, [shell, "exec_command_begin", go]],
];

describe("the order of events", () => {
  it.each(cases)("holds for %s", async (name, options, script) => {
    const engine = await testEngine(options);
    for (const step of script) {
      if (typeof step === "string") await engine.until(step);
      else engine.submit(step);
    }
    if (options.environment === hangs) engine.submit({ type: "interrupt" });
    engine.submit({ type: "shutdown", when_idle: true });
    await engine.until("shutdown_complete");
    expect([name, ...orderProblems(engine.seen)]).toEqual([name]);
    const started = engine.seen.some(({ msg }) => msg.type === "task_started");
    expect(started).toBe(script.length > 0);
  });

  it("begins with session_configured, whatever is told before and however much is submitted at once", async () => {
    const engine = await testEngine({
      model: scriptedModel([]),
      early: [{ type: "warning", message: "early" }],
      warnings: ["of the settings"],
    });
    for (let count = 0; count <= 512; count += 1) engine.submit({ type: "list_custom_prompts" });
    engine.submit({ type: "shutdown" });
    await engine.until("shutdown_complete");
    expect(orderProblems(engine.seen)).toEqual([]);
    const told = engine.seen.slice(0, 4).map(({ msg }) => ("message" in msg ? msg.message : msg.type));
    expect(told).toEqual(["session_configured", "of the settings", "early", expect.stringContaining("dropped")]);
  });

  it("is broken by what the check is there for", () => {
    const turn = { type: "turn_aborted", turn_id: "t", reason: "interrupted" };
    const wrong: unknown[] = [
      { id: "t", msg: turn },
      { id: "", msg: { type: "session_configured" } },
    ];
    expect(orderProblems(JSON.parse(JSON.stringify(wrong)))).toHaveLength(4);
  });
});
