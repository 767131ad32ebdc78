import fc from "fast-check";
import { expect, test } from "vitest";
import { createAnsiReader, createSanitizer, readAnsi, reveal, sanitize } from "../src/index.js";

/** `npm run fuzz` sets it to 100,000. */
const runs = Number(process.env["CODEX_FUZZ_RUNS"] ?? 3000);

const piece = fc.oneof(
  fc.constantFrom("\u001b", "\u001b[", "\u001b]", "\u001b]8;;", "\u001bP", "\u001b\\", "\u0007", "\u009b", "\u009d"),
  fc.constantFrom("\u009c", "\u0090", "\r", "\n", "\r\n", "\t", "m", "1;31m", "38;5;1m", "38:2::1:2:3m", "0", ";", ":"),
  fc.constantFrom("https://a", "52;c;", "?25l", "H", "(0", "\u202e", "\u2066", "\u0000", "\u007f", "é", "🙂", "\ud83d"),
  fc.string(),
);
const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 8 });

function cut<T extends { slice(start: number, end?: number): T; readonly length: number }>(
  whole: T,
  at: readonly number[],
): readonly T[] {
  const places = [...at.map((place) => Math.min(place, whole.length)), whole.length].sort((a, b) => a - b);
  return places.map((end, index) => whole.slice(places[index - 1] ?? 0, end));
}

test("what is shown does not depend on where the text is cut", () => {
  fc.assert(
    fc.property(text, cuts, (whole, at) => {
      const sanitizer = createSanitizer();
      const pieces = cut(whole, at).map((part) => sanitizer.push(part));
      expect(pieces.join("") + sanitizer.end()).toBe(sanitize(whole));
    }),
    { numRuns: runs },
  );
});

test("lines do not depend on where the bytes are cut", () => {
  fc.assert(
    fc.property(text, cuts, (whole, at) => {
      const bytes = Buffer.from(whole);
      const reader = createAnsiReader();
      const lines = cut(bytes, at).flatMap((part) => reader.push(part));
      expect([...lines, ...reader.end()]).toEqual(readAnsi(bytes));
    }),
    { numRuns: runs },
  );
});

test("nothing that is shown does anything to a terminal, and showing it again changes nothing", () => {
  fc.assert(
    fc.property(text, (whole) => {
      const safe = sanitize(whole);
      expect(safe).not.toMatch(/[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
      expect(sanitize(safe)).toBe(safe);
      const shown = readAnsi(whole).flatMap((line) => line.runs.map((run) => run.text));
      expect(shown.join("")).not.toMatch(/[^\P{Cc}\t]/u);
      expect(reveal(whole)).not.toMatch(/[^\P{Cc}\n\t]|\p{Cf}|\p{Cs}/u);
    }),
    { numRuns: runs },
  );
});

test("lines hold the text that is shown, where no line starts anew", () => {
  fc.assert(
    fc.property(text, (whole) => {
      const calm = whole.replaceAll("\r", "");
      const lines = readAnsi(calm).map((line) => line.runs.map((run) => run.text).join(""));
      expect(lines.join("\n")).toBe(sanitize(calm).replace(/\n$/, ""));
    }),
    { numRuns: runs },
  );
});

test("printable text stays as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (whole) => {
      const printable = whole.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");
      expect(sanitize(printable)).toBe(printable);
    }),
    { numRuns: runs },
  );
});
