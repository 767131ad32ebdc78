import { readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ModelProvider } from "@codex/protocol";
import type { TemporaryFolder } from "@codex/test-support";
import { say, scriptedModel, temporaryHome } from "@codex/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCodex } from "../../src/index.js";

/** `bench/soak.mjs` measures the same over 10,000 turns. */
describe("over many turns", () => {
  let home: TemporaryFolder;

  beforeEach(async () => {
    home = await temporaryHome();
  });

  afterEach(() => home[Symbol.asyncDispose]());

  const models: ModelProvider = {
    client: (...of) => ({
      ...scriptedModel([], { info: { context_window: 8_000 } }).client(...of),
      async *stream() {
        await Promise.resolve();
        yield* say.message("x".repeat(200));
        yield say.completed();
      },
    }),
  };

  const descriptors = (): number => readdirSync("/proc/self/fd").length;
  const listeners = (): number => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);

  it("descriptors and listeners stay as they are, and the heap stays within a few MiB", async () => {
    const collectGarbage = garbageCollector();
    const env = { PATH: process.env["PATH"], HOME: home.path, CODEX_HOME: home.path };
    await using codex = createCodex({ env, models });
    const controller = new AbortController();
    const session = await codex.start({ cwd: home.path, sandboxMode: "danger-full-access" });
    const turns = async (count: number): Promise<void> => {
      for (let turn = 0; turn < count; turn += 1) {
        await session.run(`${turn} ${"y".repeat(200)}`, { signal: controller.signal });
      }
    };
    await turns(60);
    collectGarbage();
    const before = { descriptors: descriptors(), listeners: listeners(), heap: process.memoryUsage().heapUsed };
    await turns(300);
    collectGarbage();
    expect(descriptors()).toBeLessThanOrEqual(before.descriptors);
    expect(listeners()).toBe(before.listeners);
    // 300 turns of 400 characters: what the history may hold, and no more
    expect(process.memoryUsage().heapUsed - before.heap).toBeLessThan(6 << 20);
  });

  it("sessions that were closed leave nothing", async () => {
    const env = { PATH: process.env["PATH"], HOME: home.path, CODEX_HOME: home.path };
    await using codex = createCodex({ env, models });
    const one = async (index: number): Promise<string> => {
      await using session = await codex.start({ cwd: home.path, sandboxMode: "danger-full-access", ephemeral: true });
      return (await session.run(String(index))).finalResponse;
    };
    await one(0);
    const before = { descriptors: descriptors(), listeners: listeners() };
    await Promise.all(Array.from({ length: 60 }, (_, index) => one(index)));
    expect(descriptors()).toBeLessThanOrEqual(before.descriptors);
    expect(listeners()).toBe(before.listeners);
  });
});

function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("no garbage collector");
  return () => void Reflect.apply(collect, undefined, []);
}
