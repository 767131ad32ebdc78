import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { childController, createController, onAbort, settleAll, sleep, withTimeout } from "../src/abort.js";
import { CodexError, codeOf, messageOf } from "../src/errors.js";
import { lazy } from "../src/lazy.js";

describe("abort", () => {
  it("calls the listener at once when the signal has aborted", () => {
    let calls = 0;
    onAbort(AbortSignal.abort(), () => (calls += 1));
    expect(calls).toBe(1);
  });

  it("leaves no listener behind after a sleep, finished or aborted", async () => {
    const controller = new AbortController();
    await sleep(1, controller.signal);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    const waiting = sleep(60_000, controller.signal);
    controller.abort(new Error("stop"));
    await expect(waiting).rejects.toThrow("stop");
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  it("tells its own time-out from the parent's abort", async () => {
    const parent = new AbortController();
    const short = withTimeout(parent.signal, 1);
    await expect(sleep(60_000, short.signal)).rejects.toThrow("timed out after 1 ms");
    expect(short.expired()).toBe(true);
    const long = withTimeout(parent.signal, 60_000);
    parent.abort(new Error("stop"));
    expect(long.signal.reason).toEqual(new Error("stop"));
    expect(long.expired()).toBe(false);
    short[Symbol.dispose]();
    long[Symbol.dispose]();
  });

  it("ends a child with its parent, with the parent's reason", () => {
    const parent = new AbortController();
    const child = childController(parent.signal);
    parent.abort("why");
    expect(child.controller.signal.reason).toBe("why");
  });

  it("lets many wait on one signal without a warning", async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on("warning", listen);
    const controller = createController();
    const waiting = Array.from({ length: 50 }, () => sleep(60_000, controller.signal));
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error("stop"));
    await Promise.allSettled(waiting);
    process.off("warning", listen);
    expect(warnings).toEqual([]);
  });

  it("waits for every promise before it throws", async () => {
    let finished = false;
    const slow = sleep(5, new AbortController().signal).then(() => (finished = true));
    await expect(settleAll([Promise.reject(new Error("first")), slow])).rejects.toThrow("first");
    expect(finished).toBe(true);
  });
});

describe("errors and lazy", () => {
  it("gives codes and messages of foreign errors too", () => {
    expect(codeOf(new CodexError("internal", "x"))).toBe("internal");
    expect(codeOf(Object.assign(new Error("x"), { code: 5 }))).toBeUndefined();
    expect(codeOf("text")).toBeUndefined();
    expect(messageOf("text")).toBe("text");
  });

  it("loads once, and again after a failure", async () => {
    let calls = 0;
    const load = lazy(() => {
      calls += 1;
      return calls === 1 ? Promise.reject(new Error("offline")) : Promise.resolve(calls);
    });
    await expect(load()).rejects.toThrow("offline");
    expect(await Promise.all([load(), load()])).toEqual([2, 2]);
  });
});
