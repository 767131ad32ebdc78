import { getEventListeners } from "node:events";
import { createController } from "@codex/common";
import type { EventMsg, ModelEvent, Prompt } from "@codex/protocol";
import { callId } from "@codex/protocol";
import { fakeEnvironment, say, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { follow } from "@codex/exec";
import { LiveProcess } from "../../src/tools/live-process.js";
import { Processes } from "../../src/tools/processes.js";
import { testEngine } from "../support/engine.js";

const NEVER = createController().signal;

const ends = (messages: readonly EventMsg[]) => messages.filter(({ type }) => type === "exec_command_end");

/** A call to `write_stdin` for the session that the last answer names. */
async function* type(prompt: Prompt, args: object = {}): AsyncGenerator<ModelEvent, void, undefined> {
  const session_id = Number(/session ID (\d+)/.exec(JSON.stringify(prompt.input))?.[1]);
  await Promise.resolve();
  yield say.call("c2", "write_stdin", { session_id, ...args });
  yield say.completed();
}

const start = [say.call("c1", "exec_command", { cmd: "serve", yield_time_ms: 1 })];

/** A command that runs until it is killed, or until `end` is called. */
function endless() {
  let end = (): void => undefined;
  const until = new Promise<void>((resolve) => (end = resolve));
  return { environment: fakeEnvironment({ run: () => ({ stdout: "up\n", until, exit: 7 }) }), end };
}

describe("a session of a command", () => {
  it("survives the interrupt of a turn, with what it said meanwhile", async () => {
    const { environment, end } = endless();
    const model = scriptedModel([start, (prompt) => type(prompt), (prompt) => type(prompt), say.message("x")]);
    const engine = await testEngine({ model, environment });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    await engine.until("terminal_interaction");
    engine.submit({ type: "interrupt" });
    expect(await engine.until("turn_aborted")).toMatchObject({ reason: "interrupted" });
    end();
    const messages = await engine.ask("and now?");
    const input = JSON.stringify(model.prompts.at(-1)?.input);
    expect(input).toContain("Process exited with code 7");
    expect(ends(messages)).toMatchObject([{ exit_code: 7, aggregated_output: "up\n" }]);
  });

  it("does not outlive an interrupt that comes before the model knows of it", async () => {
    const environment = fakeEnvironment({ run: () => ({ until: "killed" }) });
    const model = scriptedModel([[say.call("c1", "exec_command", { cmd: "serve" })]]);
    const engine = await testEngine({ model, environment });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    await engine.until("exec_command_begin");
    engine.submit({ type: "interrupt" });
    expect(await engine.until("exec_command_end")).toMatchObject({ exit_code: 137, status: "failed" });
    await engine.until("turn_aborted");
  });

  it("ends with the whole, without a word", async () => {
    const { environment } = endless();
    const engine = await testEngine({ model: scriptedModel([start, say.message("x")]), environment });
    await engine.ask("go");
    await engine.session[Symbol.asyncDispose]();
    await engine.until("shutdown_complete");
    expect(ends(engine.seen.map(({ msg }) => msg))).toEqual([]);
  });

  it("that ended by itself between two turns is told in the first's name", async () => {
    const { environment, end } = endless();
    const engine = await testEngine({ model: scriptedModel([start, say.message("x")]), environment });
    const [begin] = (await engine.ask("go")).filter(({ type }) => type === "exec_command_begin");
    end();
    expect(await engine.until("exec_command_end")).toMatchObject({
      turn_id: begin?.type === "exec_command_begin" ? begin.turn_id : "",
      exit_code: 7,
    });
  });
});

describe("the sessions", () => {
  const COMMAND = { argv: ["serve"], cwd: "/work", permissions: "default" } as const;

  /** `stop` ends it as if by itself. */
  function live(processes: Processes, { tty = false } = {}) {
    const { environment, end } = endless();
    const id = processes.reserve();
    const run = (signal: AbortSignal) => {
      const process = environment.exec({ argv: ["serve"], cwd: "/", env: {}, stdin: "closed" }, signal);
      return { process, following: follow(process.output, { signal: new AbortController().signal }) };
    };
    const parts = { id, call_id: callId(`c${id}`), command: { ...COMMAND, tty }, start: run, denial: () => undefined };
    const process = new LiveProcess(parts, new AbortController().signal);
    processes.keep(process);
    return { id, process, end };
  }

  it("are at most 64: the one unused for longest goes, and it is stopped", async () => {
    const processes = new Processes();
    const all = Array.from({ length: 64 }, () => live(processes));
    const [first, second] = all;
    if (first === undefined || second === undefined) throw new Error("none");
    processes.find(first.id);
    live(processes);
    expect(processes.list()).toHaveLength(64);
    expect([processes.find(first.id) !== undefined, processes.find(second.id)]).toEqual([true, undefined]);
    await second.process.settle(10_000, NEVER);
    expect(second.process.end?.exit).toEqual({ type: "signaled", signal: "SIGKILL" });
    await processes[Symbol.asyncDispose]();
  });

  it("let go of one that has ended first, but of none of the last eight", async () => {
    const processes = new Processes();
    const all = Array.from({ length: 64 }, () => live(processes));
    const [early, late] = [all[30], all[60]];
    if (early === undefined || late === undefined) throw new Error("none");
    for (const one of [early, late]) {
      one.end();
      await one.process.settle(10_000, NEVER);
    }
    live(processes);
    expect([processes.find(early.id), processes.find(late.id)?.id]).toEqual([undefined, late.id]);
    live(processes);
    expect(processes.find(all[0]?.id ?? 0)).toBeUndefined();
    await processes.stopAll();
    expect(processes.list()).toEqual([]);
  });

  it("leave no listener on the signal of their session", async () => {
    const { environment, end } = endless();
    const session = createController();
    const count = (): number => getEventListeners(session.signal, "abort").length;
    const before = count();
    const all = Array.from({ length: 200 }, (_, id) => {
      const start = (signal: AbortSignal) => {
        const process = environment.exec({ argv: ["serve"], cwd: "/", env: {}, stdin: "closed" }, signal);
        return { process, following: follow(process.output, { signal: NEVER }) };
      };
      const parts = { id, call_id: callId(`c${id}`), command: COMMAND, start, denial: () => undefined };
      return new LiveProcess(parts, session.signal);
    });
    expect(count()).toBeGreaterThan(before);
    await Promise.all(all.slice(0, 100).map((each) => each.stop()));
    end();
    await Promise.all(all.map((each) => each.settle(10_000, NEVER)));
    expect(count()).toBe(before);
  });

  it("can be listed, resized and stopped one by one", async () => {
    const processes = new Processes();
    const [plain, terminal] = [live(processes), live(processes, { tty: true })];
    expect(processes.list()).toMatchObject([
      { process_id: String(plain.id), call_id: `c${plain.id}`, command: ["serve"], cwd: "/work", tty: false },
      { process_id: String(terminal.id), tty: true },
    ]);
    const size = { cols: 100, rows: 30 };
    expect([plain, terminal].map(({ id }) => processes.resize(String(id), size))).toEqual([false, true]);
    expect(await processes.stop(String(plain.id))).toBe(true);
    expect(await processes.stop(String(plain.id))).toBe(false);
    expect(processes.list()).toHaveLength(1);
    // its end is still to be told
    expect(processes.find(plain.id)?.end?.exit.type).toBe("signaled");
    await processes.stopAll();
  });
});
