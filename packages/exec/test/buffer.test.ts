import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOutputBuffer, decodeText, renderCaptured } from "../src/index.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the output buffer", () => {
  it("keeps everything that fits, in order", () => {
    const buffer = createOutputBuffer(8);
    for (const part of ["ab", "c", "defgh"]) buffer.push(bytes(part));
    expect(buffer.take()).toEqual({ head: bytes("abcd"), tail: bytes("efgh"), omitted_bytes: 0, total_bytes: 8 });
  });

  it("keeps the first and the last half and counts what lies between", () => {
    const buffer = createOutputBuffer(8);
    for (const part of ["abcdefg", "hijkl", "mn"]) buffer.push(bytes(part));
    expect(buffer.take()).toEqual({ head: bytes("abcd"), tail: bytes("klmn"), omitted_bytes: 6, total_bytes: 14 });
  });

  it("is empty after it was taken", () => {
    const buffer = createOutputBuffer(8);
    buffer.push(bytes("abcdefghijkl"));
    buffer.take();
    buffer.push(bytes("x"));
    expect(buffer.take()).toEqual({ head: bytes("x"), tail: bytes(""), omitted_bytes: 0, total_bytes: 1 });
  });

  it("gives the same for every way of cutting the same bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 2, max: 64 }), (parts, limit) => {
        const buffer = createOutputBuffer(limit);
        parts.forEach((part) => buffer.push(part));
        const all = Buffer.concat(parts);
        const { head, tail, omitted_bytes, total_bytes } = buffer.take();
        const head_size = Math.min(Math.ceil(limit / 2), all.length);
        const tail_size = Math.min(Math.floor(limit / 2), all.length - head_size);
        expect(Buffer.from(head)).toEqual(all.subarray(0, head_size));
        expect(Buffer.from(tail)).toEqual(all.subarray(all.length - tail_size));
        expect([omitted_bytes, total_bytes]).toEqual([all.length - head_size - tail_size, all.length]);
      }),
    );
  });

  it("copies what it keeps", () => {
    const reused = bytes("abc");
    const buffer = createOutputBuffer();
    buffer.push(reused);
    reused.fill(0);
    expect(decodeText(buffer.take().head)).toBe("abc");
  });

  it("keeps 1 MiB of 1.32 MB and renders 1 048 606 bytes (live.md §2.4)", () => {
    const buffer = createOutputBuffer();
    buffer.push(new Uint8Array(1_320_000).fill(0x61));
    const text = renderCaptured(buffer.take());
    expect(text.length).toBe(1_048_606);
    expect(text.slice(524_288, -524_288)).toBe("\n... 271424 bytes omitted ...\n");
  });
});

describe("text", () => {
  it("keeps NUL, ANSI and CR, and marks each bad byte", () => {
    expect(decodeText(Uint8Array.of(0, 0x1b, 0x5b, 0x6d, 0x0d, 0xff, 0xfe, 0x41))).toBe("\0\u001b[m\r\ufffd\ufffdA");
  });

  it("cuts no character at the marker", () => {
    const buffer = createOutputBuffer(8);
    buffer.push(bytes("aé€bcdefgh€éz"));
    expect(renderCaptured(buffer.take())).toBe("aé\n... 13 bytes omitted ...\néz");
  });

  it("joins a character that head and tail share", () => {
    const buffer = createOutputBuffer(8);
    buffer.push(bytes("abc€de"));
    expect(renderCaptured(buffer.take())).toBe("abc€de");
  });
});
