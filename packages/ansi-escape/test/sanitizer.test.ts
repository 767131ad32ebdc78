import { describe, expect, it } from "vitest";
import { createSanitizer, LIMITS, sanitize } from "../src/index.js";
import { processorTime } from "./processor-time.js";

const CASES: readonly (readonly [what: string, text: string, safe: string])[] = [
  ["plain text with tabs and newlines", "a\tb\nc é 漢 🙂", "a\tb\nc é 漢 🙂"],
  ["colours", "\u001b[1;31mred\u001b[0m", "red"],
  ["private modes and cursor moves", "\u001b[?1049h\u001b[10;5Hx", "x"],
  ["a window title ended by BEL", "\u001b]0;evil\u0007x", "x"],
  ["a link ended by ST", "\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\", "text"],
  ["the clipboard", "\u001b]52;c;ZXZpbA==\u0007x", "x"],
  ["an OSC that never ends keeps its text", "\u001b]0;rest of line\nnext", "]0;rest of line\nnext"],
  ["an OSC broken off by another escape keeps its text", "\u001b]0;evil\u001b[31mx", "]0;evilx"],
  ["a broken OSC full of starts of others", "\u001b]0;\u009b\u009d\u0090x", "]0;x"],
  ["a device control string", "\u001bPq#0\u001b\\x", "x"],
  ["C1 forms", "\u009b31mx\u009d0;t\u009cy\u0090q\u009cz", "xyz"],
  ["full reset and charset switches", "\u001bc\u001b(0x", "x"],
  ["a lone escape at the end", "x\u001b", "x"],
  ["an unfinished colour at the end", "x\u001b[31", "x[31"],
  ["a colour cut by a newline", "\u001b[31\nx", "[31\nx"],
  ["bell, backspace, NUL, DEL", "a\u0007\b\u0000\u007fb", "ab"],
  ["carriage returns become newlines", "10%\r20%\r\r\nend\r", "10%\n20%\nend\n"],
  ["marks that reverse text", "a\u202Eb\u2066c\u200fd", "abcd"],
];

describe("sanitize", () => {
  it.each(CASES)("handles %s", (_what, text, safe) => {
    expect(sanitize(text)).toBe(safe);
  });

  it.each(CASES)("handles %s when it comes character by character", (_what, text, safe) => {
    const sanitizer = createSanitizer();
    const shown = [...text].map((character) => sanitizer.push(character)).join("");
    expect(shown + sanitizer.end()).toBe(safe);
  });

  it("shows a string that is longer than the limit, and goes on after it", () => {
    const contents = "x".repeat(LIMITS.string + 10);
    expect(sanitize(`\u001b]${contents}\u001b[1mend`)).toBe(`]${contents}end`);
    expect(sanitize(`\u001b[${"1".repeat(LIMITS.control)}mend`)).toBe(`[${"1".repeat(LIMITS.control)}mend`);
    const fits = "x".repeat(LIMITS.string - 1);
    expect(sanitize(`\u001b]${fits}\u0007end`)).toBe("end");
  });

  it("takes linear time on unfinished sequences", () => {
    for (const piece of ["\u001b]\u001b[", "\u009d", "\u001b]0", "\u001b[", "\u001b(", "\r"]) {
      const start = processorTime();
      sanitize(piece.repeat(200_000));
      expect(processorTime() - start).toBeLessThan(2000);
    }
  });
});
