import { describe, expect, it } from "vitest";
import { decodeInput } from "../src/decode-input.js";

describe("bytes from stdin (core.md §6.2)", () => {
  it.each([
    ["UTF-8", Buffer.from("é漢🙂\n"), "é漢🙂\n"],
    ["UTF-8 with a byte order mark", Buffer.from("\ufeffhi"), "hi"],
    ["UTF-16 LE", Buffer.from([0xff, 0xfe, 0x68, 0, 0x69, 0]), "hi"],
    ["UTF-16 BE", Buffer.from([0xfe, 0xff, 0, 0x68, 0, 0x69]), "hi"],
    ["nothing", Buffer.alloc(0), ""],
  ])("decodes %s", (_what, bytes, text) => {
    expect(decodeInput(bytes)).toBe(text);
  });

  it.each([
    ["in the middle", Buffer.from([0x61, 0xc3, 0xa9, 0xff, 0x62]), 3],
    ["after a mark", Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0xff]), 4],
    ["at a cut character", Buffer.from([0x61, 0xe6, 0xbc]), 1],
    ["far away", Buffer.concat([Buffer.from("é".repeat(50_000)), Buffer.from([0xff])]), 100_000],
  ])("names the byte of a mistake %s", (_where, bytes, offset) => {
    const decode = () => decodeInput(bytes);
    expect(decode).toThrow(expect.objectContaining({ code: "bad_request" }));
    expect(decode).toThrow(`at byte ${offset}:`);
  });

  it("refuses UTF-32", () => {
    expect(() => decodeInput(Buffer.from([0xff, 0xfe, 0, 0, 0x68, 0, 0, 0]))).toThrow("UTF-32");
  });
});
