import { Queue } from "@codex/common";
import { describe, expect, it } from "vitest";
import { follow, renderCaptured } from "../src/index.js";
import type { OutputChunk } from "@codex/protocol";

const NEVER = new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function source() {
  const queue = new Queue<OutputChunk>();
  const push = async (data: string | Uint8Array): Promise<void> => {
    queue.push({ stream: "stdout", data: Buffer.from(data) });
    await turn();
  };
  return { queue, push };
}

describe("output that is followed", () => {
  it("gives what is new each time, and all of it at the end", async () => {
    const { queue, push } = source();
    const following = follow(queue, { signal: NEVER });
    expect(following.take().total_bytes).toBe(0);
    await push("one ");
    await push("two ");
    expect(renderCaptured(following.take())).toBe("one two ");
    await push("three");
    queue.close();
    expect(renderCaptured(await following.whole)).toBe("one two three");
    expect(renderCaptured(following.take())).toBe("three");
    expect(following.take().total_bytes).toBe(0);
  });

  it("cuts no character, also where nothing was taken before", async () => {
    const { queue, push } = source();
    const following = follow(queue, { signal: NEVER });
    const euro = Buffer.from("€");
    await push(Buffer.concat([Buffer.from("a"), euro.subarray(0, 2)]));
    expect(renderCaptured(following.take())).toBe("a");
    await push(Buffer.concat([euro.subarray(2), euro.subarray(0, 1)]));
    expect(following.take()).toMatchObject({ head: new Uint8Array(euro), total_bytes: 3 });
    queue.close();
    await following.whole;
    expect(renderCaptured(following.take())).toBe("\ufffd");
  });

  it("bounds what waits to be taken", async () => {
    const { queue, push } = source();
    const following = follow(queue, { signal: NEVER, limit: 8 });
    following.take();
    await push("0123456789");
    expect(following.take()).toMatchObject({ omitted_bytes: 2, total_bytes: 10 });
    queue.close();
    expect((await following.whole).omitted_bytes).toBe(2);
  });
});
