import { describe, expect, it } from "vitest";
import { Gate } from "../src/gate.js";

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

const never = new AbortController().signal;

describe("Gate", () => {
  it("lets readers run together and a writer alone, in the order they came", async () => {
    const gate = new Gate();
    const log: string[] = [];
    const hold = { a: deferred(), b: deferred(), c: deferred() };
    const enter = (name: "a" | "b" | "c", mode: "read" | "write"): Promise<void> =>
      gate.run(
        mode,
        async () => {
          log.push(`+${name}`);
          await hold[name].promise;
          log.push(`-${name}`);
        },
        never,
      );
    const first = enter("a", "read");
    const writer = enter("b", "write");
    const last = enter("c", "read");
    await Promise.resolve();
    expect(log).toEqual(["+a"]);
    hold.a.resolve();
    await first;
    hold.b.resolve();
    await writer;
    hold.c.resolve();
    await last;
    expect(log).toEqual(["+a", "-a", "+b", "-b", "+c", "-c"]);
  });

  it("runs two readers at once", async () => {
    const gate = new Gate();
    const meeting = deferred();
    const left = gate.run("read", () => meeting.promise, never);
    await gate.run("read", () => Promise.resolve(meeting.resolve()), never);
    await left;
  });

  it("opens again after a failure inside", async () => {
    const gate = new Gate();
    await expect(gate.run("write", () => Promise.reject(new Error("no")), never)).rejects.toThrow("no");
    expect(await gate.run("write", () => Promise.resolve(7), never)).toBe(7);
  });

  it("leaves the line when its signal aborts, and lets the next in", async () => {
    const gate = new Gate();
    const hold = deferred();
    const first = gate.run("read", () => hold.promise, never);
    const controller = new AbortController();
    const waiting = gate.run("write", () => Promise.resolve(), controller.signal);
    const behind = gate.run("read", () => Promise.resolve("in"), never);
    controller.abort(new Error("stop"));
    await expect(waiting).rejects.toThrow("stop");
    expect(await behind).toBe("in");
    hold.resolve();
    await first;
  });
});
