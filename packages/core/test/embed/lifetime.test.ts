import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ModelStep } from "@codex/test-support";
import { collect, say, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import type { CodexLibrary, CodexOptions, SessionOptions } from "../../src/index.js";
import { createCodex, isCodexFailure } from "../../src/index.js";
import { setStage } from "./stage.js";

const stage = setStage();

function codexWith(steps: readonly ModelStep[], options: CodexOptions = {}): CodexLibrary {
  const env = { PATH: process.env["PATH"], HOME: stage.home.path, CODEX_HOME: stage.home.path };
  const codex = createCodex({ env, models: scriptedModel(steps), ...options });
  stage.opened.push(codex);
  return codex;
}

const free = (): SessionOptions => ({ cwd: stage.work.path, sandboxMode: "danger-full-access" });

/** An answer that comes when the test says so. */
function held(text: string) {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  let arrive = (): void => undefined;
  const asked = new Promise<void>((resolve) => (arrive = resolve));
  const step: ModelStep = async function* () {
    arrive();
    await gate;
    yield* say.message(text);
  };
  return { step, asked, release: () => release() };
}

describe("a turn behind something else", () => {
  it("waits for a compaction that was submitted, and is told of nothing before itself", async () => {
    const summary = held("a summary");
    const session = await codexWith([say.message("one"), summary.step, say.message("two")]).start(free());
    await session.run("1");
    const compaction = session.submit({ type: "compact" });
    const { events, result } = await session.runStreamed("2");
    await summary.asked;
    summary.release();
    const seen = await collect(events);
    expect(seen.filter(({ type }) => type === "task_started" || type === "task_complete")).toHaveLength(2);
    expect(JSON.stringify(seen)).not.toContain(compaction);
    expect((await result()).finalResponse).toBe("two");
  });

  it("waits for a turn of an op, while input by op steers it", async () => {
    const first = held("first");
    const session = await codexWith([first.step, say.message("steered"), say.message("own")]).start(free());
    session.submit({ type: "user_input", items: [{ type: "text", text: "a" }] });
    await first.asked;
    session.submit({ type: "user_input", items: [{ type: "text", text: "b" }] });
    const turn = session.run("c");
    first.release();
    expect((await turn).finalResponse).toBe("own");
  });

  it("rejects as soon as its signal aborts, and is never sent", async () => {
    const first = held("first");
    const model = scriptedModel([first.step, say.message("third")]);
    const session = await codexWith([], { models: model }).start(free());
    const before = session.run("1");
    await first.asked;
    const controller = new AbortController();
    const second = session.run("2", { signal: controller.signal });
    controller.abort(new Error("left"));
    await expect(second).rejects.toThrow("left");
    first.release();
    await before;
    expect((await session.run("3")).finalResponse).toBe("third");
    expect(JSON.stringify(model.prompts)).not.toContain('"text":"2"');
  });

  it("that was stopped while it waited lets what stands before it finish", async () => {
    const summary = held("a summary");
    const steps = [say.message("one"), summary.step, say.message("never"), say.message("three")];
    const session = await codexWith(steps).start(free());
    await session.run("1");
    session.submit({ type: "compact" });
    await summary.asked;
    const controller = new AbortController();
    const { result } = await session.runStreamed("2", { signal: controller.signal });
    controller.abort(new Error("left"));
    summary.release();
    await expect(result()).rejects.toThrow("left");
    expect(session.warnings).toEqual([]);
  });
});

describe("after the end", () => {
  it("nothing is opened by a Codex that was closed", async () => {
    const codex = codexWith([]);
    await codex[Symbol.asyncDispose]();
    await codex[Symbol.asyncDispose]();
    await expect(codex.start(free())).rejects.toMatchObject({ code: "bad_request" });
  });

  it("a session that was being opened meanwhile is closed too", async () => {
    const codex = codexWith([]);
    const opening = codex.start(free());
    const outcome = expect(opening).rejects.toMatchObject({ code: "bad_request" });
    await codex[Symbol.asyncDispose]();
    await outcome;
  });
});

describe("what goes wrong", () => {
  it("with an id is a rejection with a code", async () => {
    const codex = codexWith([]);
    for (const opening of [codex.resume("hello"), codex.fork("")]) {
      const error: unknown = await opening.catch((reason: unknown) => reason);
      expect(isCodexFailure(error) && error.code).toBe("bad_request");
    }
    expect(isCodexFailure(Object.assign(new Error("no"), { code: "ENOENT" }))).toBe(false);
  });

  it("in a turn has a reason", async () => {
    const session = await codexWith([[say.call("c", "update_plan", { plan: [] })], say.message("x")]).start({
      ...free(),
      limits: { max_turns: 1 },
    });
    await expect(session.run("hi")).rejects.toMatchObject({ code: "turn_failed", reason: "limit_reached" });
    await expect(session.run([])).rejects.toMatchObject({ code: "turn_failed", reason: "bad_request" });
  });

  it.each(["danger-full-access", "read-only"] as const)(
    "with a file as working directory is told, %s",
    async (mode) => {
      const file = join(stage.work.path, "file");
      await writeFile(file, "");
      const codex = codexWith([]);
      const opening = codex.start({ cwd: file, sandboxMode: mode });
      await expect(opening).rejects.toMatchObject({
        code: "config_invalid",
        message: expect.stringContaining("folder"),
      });
    },
  );

  it("in CODEX_HOME is told with what to do", async () => {
    await stage.home.write("thread-writer-locks", "in the way");
    const opening = codexWith([]).start(free());
    await expect(opening).rejects.toMatchObject({
      code: "file_error",
      message: expect.stringContaining("CODEX_HOME"),
    });
  });

  it("in a sink silences that sink, and nobody else", async () => {
    const heard: string[] = [];
    const close = () => Promise.resolve();
    const broken = {
      write: () => {
        throw new Error("no disk");
      },
      close,
    };
    const sinks = [broken, { write: ({ msg }: { msg: { type: string } }) => void heard.push(msg.type), close }];
    const session = await codexWith([say.message("fine")], { sinks }).start(free());
    expect((await session.run("hi")).finalResponse).toBe("fine");
    expect(heard).toContain("task_complete");
    expect(session.warnings).toEqual(["an event sink failed and is told no more: no disk"]);
  });
});

describe("somebody who reads a turn more slowly than it happens", () => {
  it("gets all of its text, and no event for each piece", async () => {
    const pieces = 50_000;
    const text = "x".repeat(pieces);
    const step: ModelStep = async function* () {
      const whole = say.message(text).filter(({ type }) => type !== "text_delta");
      yield* whole.slice(0, 1);
      for (let piece = 0; piece < pieces; piece += 1) yield { type: "text_delta", item_id: "msg_1", delta: "x" };
      yield* whole.slice(1);
    };
    const session = await codexWith([step]).start(free());
    const { events, result } = await session.runStreamed("go");
    expect((await result()).finalResponse).toBe(text);
    const seen = await collect(events);
    const deltas = seen.flatMap((event) => (event.type === "agent_message_content_delta" ? [event.delta] : []));
    expect(deltas.join("")).toBe(text);
    expect(seen.length).toBeLessThan(1100);
  });
});
