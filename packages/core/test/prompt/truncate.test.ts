import { describe, expect, it } from "vitest";
import { truncateMiddle, truncateWithHeader } from "../../src/prompt/truncate.js";

const bytes = (limit: number) => ({ mode: "bytes", limit }) as const;
const tokens = (limit: number) => ({ mode: "tokens", limit }) as const;

describe("truncateMiddle", () => {
  it.each([
    ["a".repeat(50), bytes(10), `${"a".repeat(5)}…40 chars truncated…${"a".repeat(5)}`],
    ["a".repeat(50), tokens(3), `${"a".repeat(6)}…10 tokens truncated…${"a".repeat(6)}`],
    ["a".repeat(50), bytes(11), `${"a".repeat(5)}…39 chars truncated…${"a".repeat(6)}`],
    ["abc", bytes(0), "…3 chars truncated…"],
    ["é".repeat(7), bytes(7), "é…4 chars truncated…éé"],
    ["short", bytes(100), "short"],
    ["é".repeat(3), bytes(6), "é".repeat(3)],
  ])("cuts %j to %j", (text, policy, expected) => {
    expect(truncateMiddle(text, policy)).toBe(expected);
  });

  it("never splits a character of four bytes", () => {
    for (let limit = 0; limit < 24; limit += 1) {
      expect(truncateMiddle("😀".repeat(6), bytes(limit))).not.toContain("\uFFFD");
    }
  });
});

describe("truncateWithHeader", () => {
  it("says how much there was, only when it cut", () => {
    expect(truncateWithHeader("ok\n", bytes(100), 3)).toBe("ok\n");
    const text = "line\n".repeat(10);
    expect(truncateWithHeader(text, bytes(10), 50)).toBe(
      "Warning: truncated output (original token count: 13)\nTotal output lines: 10\n\nline\n…40 chars truncated…line\n",
    );
  });
});
