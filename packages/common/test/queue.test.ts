import { describe, expect, it } from "vitest";
import { Queue } from "../src/queue.js";

async function drain<T>(queue: Queue<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of queue) seen.push(item);
  return seen;
}

describe("Queue", () => {
  it("hands items over in order and ends after close", async () => {
    const queue = new Queue<number>();
    const reading = drain(queue);
    queue.push(1);
    queue.push(2);
    await Promise.resolve();
    queue.push(3);
    queue.close();
    expect(await reading).toEqual([1, 2, 3]);
  });

  it("drains what is left before it throws the error it was closed with", async () => {
    const queue = new Queue<number>();
    queue.push(1);
    queue.close(new Error("gone"));
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const item of queue) seen.push(item);
      })(),
    ).rejects.toThrow("gone");
    expect(seen).toEqual([1]);
  });

  it("says so when it is pushed to after close", () => {
    const queue = new Queue<number>();
    queue.close();
    expect(queue.push(1)).toBe(false);
  });

  it("closes when its consumer leaves the loop", async () => {
    const queue = new Queue<number>();
    queue.push(1);
    queue.push(2);
    for await (const item of queue) {
      expect(item).toBe(1);
      break;
    }
    expect(queue.push(3)).toBe(false);
    expect(queue.size).toBe(0);
  });

  it("refuses a second consumer", async () => {
    const queue = new Queue<number>();
    queue.close();
    await drain(queue);
    await expect(drain(queue)).rejects.toThrow("one consumer");
  });

  it("keeps order over many items", async () => {
    const queue = new Queue<number>();
    const count = 10_000;
    for (let index = 0; index < count; index += 1) queue.push(index);
    queue.close();
    expect(await drain(queue)).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  it("lets a producer wait until its consumer has caught up, or has left", async () => {
    const queue = new Queue<number>();
    const { signal } = new AbortController();
    await queue.below(1, signal);
    for (const item of [1, 2, 3]) queue.push(item);
    const steps: string[] = [];
    const waited = queue.below(2, signal).then(() => steps.push("room"));
    for await (const item of queue) {
      steps.push(String(item));
      await new Promise((resolve) => setImmediate(resolve));
      if (item === 2) break;
    }
    await waited;
    expect(steps).toEqual(["1", "room", "2"]);
    queue.push(4);
    await queue.below(1, signal);
  });

  it("lets what waits last be replaced, and nothing that was taken", async () => {
    const queue = new Queue<number>();
    expect(queue.last).toBeUndefined();
    queue.amend(0);
    for (const item of [1, 2]) queue.push(item);
    expect(queue.last).toBe(2);
    queue.amend(3);
    expect([queue.take(), queue.take(), queue.last]).toEqual([1, 3, undefined]);
    queue.amend(4);
    queue.close();
    expect(await drain(queue)).toEqual([]);
  });

  it("does not hold a producer that is stopped", async () => {
    const queue = new Queue<number>();
    const controller = new AbortController();
    queue.push(1);
    const waited = queue.below(1, controller.signal);
    controller.abort(new Error("stopped"));
    await expect(waited).rejects.toThrow("stopped");
  });
});
