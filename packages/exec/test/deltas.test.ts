import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capture, decodeText } from "../src/index.js";
import { NEVER } from "./support.js";
import type { OutputDelta } from "../src/index.js";
import type { OutputChunk } from "@codex/protocol";

type Part = readonly [OutputChunk["stream"], Uint8Array | string];

async function* chunks(parts: Iterable<Part>): AsyncGenerator<OutputChunk, void, undefined> {
  for (const [stream, data] of parts) {
    yield { stream, data: typeof data === "string" ? new TextEncoder().encode(data) : data };
  }
}

async function deltasOf(output: AsyncIterable<OutputChunk>): Promise<OutputDelta[]> {
  const deltas: OutputDelta[] = [];
  await capture(output, { signal: NEVER, on_delta: (delta) => deltas.push(delta) });
  return deltas;
}

describe("live output", () => {
  it("is one delta for what comes at once", async () => {
    const deltas = await deltasOf(chunks(["a", "b", "c"].map((text) => ["stdout", text])));
    expect(deltas.map((delta) => [delta.stream, decodeText(delta.data), delta.omitted_bytes])).toEqual([
      ["stdout", "abc", 0],
    ]);
  });

  it("keeps the order of the two streams", async () => {
    const deltas = await deltasOf(
      chunks([
        ["stdout", "1"],
        ["stderr", "2"],
        ["stderr", "3"],
        ["stdout", "4"],
      ]),
    );
    expect(deltas.map((delta) => [delta.stream, decodeText(delta.data)])).toEqual([
      ["stdout", "1"],
      ["stderr", "23"],
      ["stdout", "4"],
    ]);
  });

  it("never splits a character, wherever the chunks are cut and whatever comes between", async () => {
    const text = "aé€😀z".repeat(4);
    const all = new TextEncoder().encode(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(all.length)), async (cuts) => {
        const places = [...new Set([0, ...cuts, all.length])].sort((left, right) => left - right);
        const parts: Part[] = places.slice(1).flatMap((end, index): Part[] => [
          ["stdout", all.subarray(places[index], end)],
          ["stderr", "|"],
        ]);
        const deltas = await deltasOf(chunks(parts));
        const seen = deltas.filter((delta) => delta.stream === "stdout").map((delta) => decodeText(delta.data));
        expect(seen.join("")).toBe(text);
      }),
    );
  });

  it("sends a character that never ends as it is, at the end", async () => {
    const deltas = await deltasOf(chunks([["stdout", Uint8Array.of(0x61, 0xe2, 0x82)]]));
    expect(deltas.map((delta) => [...delta.data])).toEqual([[0x61], [0xe2, 0x82]]);
  });

  it("keeps the last 128 KiB of a flood and says how much it dropped", async () => {
    const block = new Uint8Array(64 * 1024).fill(0x61);
    const deltas = await deltasOf(chunks(Array.from({ length: 40 }, (): Part => ["stdout", block])));
    const shown = deltas.reduce((sum, delta) => sum + delta.data.length, 0);
    const dropped = deltas.reduce((sum, delta) => sum + delta.omitted_bytes, 0);
    expect(shown + dropped).toBe(40 * block.length);
    expect(Math.max(...deltas.map((delta) => delta.data.length))).toBe(128 * 1024);
  });

  it("counts what a flood on one stream pushed out of the other", async () => {
    const parts: Part[] = [
      ["stderr", "first"],
      ["stdout", new Uint8Array(200 * 1024).fill(0x62)],
    ];
    const deltas = await deltasOf(chunks(parts));
    expect(deltas.map((delta) => [delta.stream, delta.data.length, delta.omitted_bytes])).toEqual([
      ["stdout", 128 * 1024, 5 + 72 * 1024],
    ]);
  });

  it("stops after 10 000 deltas while the capture goes on", async () => {
    const parts = Array.from({ length: 12_000 }, (_, index): Part => [index % 2 === 0 ? "stdout" : "stderr", "x"]);
    const deltas: OutputDelta[] = [];
    const captured = await capture(chunks(parts), { signal: NEVER, on_delta: (delta) => deltas.push(delta) });
    expect([deltas.length, captured.total_bytes]).toEqual([10_000, 12_000]);
  });
});
