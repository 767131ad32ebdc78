import { CodexError } from "@codex/common";
import { manualClock, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { withRetries } from "../../src/turn/attempts.js";
import { announceRetry, failureOf, retryDelay } from "../../src/turn/retry.js";
import { SETTINGS } from "../support/engine.js";
import { testTurn } from "../support/turn.js";

const turn = testTurn();
const { model } = turn;
const cut = (options: ConstructorParameters<typeof CodexError>[2] = {}) =>
  new CodexError("stream_disconnected", "the stream was cut", { retry: "backoff", ...options });

describe("the wait before another attempt", () => {
  it("doubles, give or take a tenth (core.md §2.6)", () => {
    for (const attempt of [0, 1, 2, 3, 4]) {
      const delay = retryDelay(cut(), attempt, model) ?? 0;
      expect(delay / (200 * 2 ** attempt)).toBeGreaterThanOrEqual(0.9);
      expect(delay / (200 * 2 ** attempt)).toBeLessThanOrEqual(1.1);
    }
  });

  it("is what the error says of itself, else what its code says", () => {
    expect(retryDelay(cut({ retry: { after_ms: 7000 } }), 0, model)).toBe(7000);
    expect(retryDelay(cut({ retry: { after_ms: 0 } }), 0, model)).toBe(0);
    expect(retryDelay(cut({ retry: "no" }), 0, model)).toBeUndefined();
    const foreign = (code: string, retry?: unknown) => Object.assign(new Error("x"), { code, retry });
    expect(retryDelay(foreign("connection_failed"), 0, model)).toBeGreaterThan(0);
    expect(retryDelay(foreign("bad_request"), 0, model)).toBeUndefined();
    expect(retryDelay(foreign("bad_request", "backoff"), 0, model)).toBeGreaterThan(0);
    for (const odd of [null, {}, { after_ms: "5" }, "soon", 3]) {
      expect(retryDelay(foreign("bad_request", odd), 0, model)).toBeUndefined();
    }
    expect(retryDelay({ code: "connection_failed" }, 0, model)).toBeGreaterThan(0);
  });

  it("never comes for what is not known, or once the provider's attempts are used up", () => {
    for (const unknown of [
      new Error("x"),
      "x",
      null,
      undefined,
      { code: 5 },
      { code: "ECONNRESET", retry: "backoff" },
    ]) {
      expect(retryDelay(unknown, 0, model)).toBeUndefined();
    }
    const twice = scriptedModel([], { max_retries: 2 }).client(SETTINGS, { session: turn.session.id, turn: turn.id });
    expect([0, 1, 2, 3].map((attempt) => retryDelay(cut(), attempt, twice) !== undefined)).toEqual([
      ...[true, true, false, false],
    ]);
  });
});

describe("a retry", () => {
  it("is told with its number, its cause, the status if there was one, and the wait if one would wonder", () => {
    const told = (error: unknown, attempt: number, delay: number) => {
      const { emitted, ...watched } = testTurn();
      announceRetry(error, attempt, delay, { ...watched });
      return emitted[0];
    };
    const disconnected = (http_status_code: number | null) => ({ response_stream_disconnected: { http_status_code } });
    expect(told(cut({ status: 503 }), 0, 1999)).toEqual({
      type: "stream_error",
      message: "Reconnecting... 1/5",
      codex_error_info: disconnected(503),
      additional_details: "the stream was cut",
    });
    expect(told(cut(), 3, 2000)).toMatchObject({
      message: "Reconnecting... 4/5 in 2 s",
      codex_error_info: disconnected(null),
    });
    expect(told("broken", 0, 61_400)).toMatchObject({
      message: "Reconnecting... 1/5 in 61 s",
      codex_error_info: disconnected(null),
      additional_details: "broken",
    });
    expect(told(null, 0, 0)).toMatchObject({ codex_error_info: disconnected(null) });
    expect(told({ status: "503" }, 0, 0)).toMatchObject({ codex_error_info: disconnected(null) });
  });

  it("follows each failure that it may help with, after the wait, until it succeeds", async () => {
    const { emitted, ...watched } = testTurn();
    const clock = manualClock({ skip_up_to: 60_000 });
    let tries = 0;
    const started = clock.now();
    const result = await withRetries({ ...watched }, { clock }, () => {
      tries += 1;
      return tries < 3 ? Promise.reject(cut({ retry: { after_ms: 1000 * tries } })) : Promise.resolve("done");
    });
    expect([result, tries, clock.now() - started]).toEqual(["done", 3, 3000]);
    expect(emitted).toMatchObject([
      { type: "stream_error", message: "Reconnecting... 1/5" },
      { type: "stream_error", message: "Reconnecting... 2/5 in 2 s" },
    ]);
  });

  it("does not follow other failures, nor more than the provider allows", async () => {
    const clock = manualClock({ skip_up_to: 60_000 });
    const { emitted, ...watched } = testTurn();
    const failing = async (error: Error) => {
      let tries = 0;
      const attempt = () => {
        tries += 1;
        return Promise.reject<string>(error);
      };
      await expect(withRetries({ ...watched }, { clock }, attempt)).rejects.toBe(error);
      return tries;
    };
    expect(await failing(new Error("a bug"))).toBe(1);
    expect(emitted).toEqual([]);
    expect(await failing(cut())).toBe(6);
    expect(emitted).toHaveLength(5);
  });

  it("does not follow an abort, which is told by its own reason", async () => {
    const clock = manualClock({ skip_up_to: 60_000 });
    const aborted = testTurn();
    const reason = new Error("stopped");
    let tries = 0;
    const attempt = () => {
      tries += 1;
      aborted.controller.abort(reason);
      return Promise.reject<string>(cut());
    };
    await expect(withRetries(aborted, { clock }, attempt)).rejects.toBe(reason);
    await expect(withRetries(aborted, { clock }, attempt)).rejects.toBe(reason);
    expect([tries, aborted.emitted]).toEqual([1, []]);
  });

  it("ends with the turn while it waits", async () => {
    const clock = manualClock({ skip_up_to: 1 });
    const waiting = testTurn();
    const reason = new Error("stopped");
    const done = withRetries(waiting, { clock }, () => Promise.reject<string>(cut({ retry: { after_ms: 5000 } })));
    const failed = expect(done).rejects.toBe(reason);
    await clock.asleep(5000);
    expect(waiting.emitted).toHaveLength(1);
    waiting.controller.abort(reason);
    await failed;
  });
});

it("a failure that ends the turn is told by its code's name on the wire, and as our bug without one", () => {
  expect(failureOf(cut({ status: 502 }))).toEqual({
    message: "the stream was cut",
    codex_error_info: { response_stream_disconnected: { http_status_code: 502 } },
    code: "stream_disconnected",
  });
  expect(failureOf(new CodexError("bad_request", "no"))).toMatchObject({
    message: "no",
    codex_error_info: "bad_request",
  });
  for (const unknown of [new Error("x"), Object.assign(new Error("x"), { code: "ENOENT" })]) {
    expect(failureOf(unknown)).toEqual({
      message: "x",
      codex_error_info: failureOf(new CodexError("internal", "x")).codex_error_info,
      code: "internal",
    });
  }
});
