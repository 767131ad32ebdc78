import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSeeker } from "../src/seek.js";

function find(lines: readonly string[], pattern: readonly string[], start = 0, where = { atEnd: false }) {
  return createSeeker(lines, pattern).find(pattern, start, where);
}

describe("seeking lines", () => {
  test("an exact match further down wins over a lenient one before it", () => {
    const seeker = createSeeker(["a ", " a", "a"], ["a", "b", "c "]);
    expect(seeker.find(["a"], 0)).toBe(2);
    expect(find(["x", " a", "a "], ["a"], 0)).toBe(2);
    expect(find(["\u201ca\u201d", ` \t"a" `], ['"a"'], 0)).toBe(1);
  });
  test.each([
    ["dashes", "a\u2010b\u2011c\u2012d\u2013e\u2014f\u2015g\u2212h", "a-b-c-d-e-f-g-h"],
    ["quotes", "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f", `''''""""`],
    ["spaces", "a\u00a0b\u2002c\u2006d\u200ae\u202ff\u205fg\u3000h", "a b c d e f g h"],
  ])("typographic %s count as their plain forms, in the file and in the pattern", (_, typographic, plain) => {
    expect(find([typographic], [plain], 0)).toBe(0);
    expect(find([plain], [typographic], 0)).toBe(0);
  });
  test("nothing is found before the start, and an empty pattern is found at once", () => {
    const seeker = createSeeker(["a", "b", "a"], ["a", "b", "c "]);
    expect(seeker.find(["a"], 1)).toBe(2);
    expect(seeker.find(["b"], 2)).toBe(undefined);
    expect(seeker.find([], 2)).toBe(2);
    expect(seeker.find(["a", "b", "a", "b"], 0)).toBe(undefined);
  });
  test("at the end of the file only the last place counts, and never one before the start", () => {
    const seeker = createSeeker(["a", "b", "a", "c"], ["a", "b", "c "]);
    expect(seeker.find(["a"], 0, { atEnd: true })).toBe(undefined);
    expect(seeker.find(["c "], 0, { atEnd: true })).toBe(3);
    expect(seeker.find(["a", "c"], 3, { atEnd: true })).toBe(undefined);
  });
  test("agrees with a naive search on every small file", () => {
    const line = fc.constantFrom("a", "a ", " a", "b", "");
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 12 }),
        fc.array(line, { minLength: 1, maxLength: 4 }),
        fc.nat(12),
        (lines, pattern, start) => {
          expect(find(lines, pattern, start)).toBe(naive(lines, pattern, start));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

function naive(lines: readonly string[], pattern: readonly string[], start: number): number | undefined {
  for (const fold of [(s: string) => s, (s: string) => s.trimEnd(), (s: string) => s.trim()]) {
    for (let at = start; at + pattern.length <= lines.length; at += 1) {
      if (pattern.every((line, offset) => fold(lines[at + offset] ?? "?") === fold(line))) return at;
    }
  }
  return undefined;
}
