import { describe, expect, it } from "vitest";
import { sanitize } from "../src/sanitize.js";

const CASES: readonly (readonly [what: string, text: string, safe: string])[] = [
  ["plain text with tabs and newlines", "a\tb\nc é 漢 🙂", "a\tb\nc é 漢 🙂"],
  ["colours", "\u001b[1;31mred\u001b[0m", "red"],
  ["private modes and cursor moves", "\u001b[?1049h\u001b[10;5Hx", "x"],
  ["a window title ended by BEL", "\u001b]0;evil\u0007x", "x"],
  ["a link ended by ST", "\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\", "text"],
  ["an OSC that never ends keeps its text", "\u001b]0;rest of line\nnext", "]0;rest of line\nnext"],
  ["a device control string", "\u001bPq#0\u001b\\x", "x"],
  ["C1 forms", "\u009b31mx\u009d0;t\u009cy", "xy"],
  ["full reset and charset switches", "\u001bc\u001b(0x", "x"],
  ["a lone escape at the end", "x\u001b", "x"],
  ["bell, backspace, NUL, DEL", "a\u0007\b\u0000\u007fb", "ab"],
  ["carriage returns become newlines", "10%\r20%\r\nend", "10%\n20%\nend"],
  ["marks that reverse text", "a\u202Eb\u2066c", "abc"],
];

/** Processor time of this process, in milliseconds: other work on the machine does not count. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

describe("sanitize", () => {
  it.each(CASES)("handles %s", (_what, text, safe) => {
    expect(sanitize(text)).toBe(safe);
  });

  it("takes linear time on unfinished sequences", () => {
    const text = "\u001b]\u001b[".repeat(200_000);
    const start = processorTime();
    sanitize(text);
    expect(processorTime() - start).toBeLessThan(2000);
  });
});
