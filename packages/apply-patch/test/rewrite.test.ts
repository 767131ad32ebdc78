import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePatch, type Chunk } from "../src/index.js";
import { rewriteText } from "../src/rewrite.js";
import { patchOf } from "./memory-files.js";

function chunksOf(lines: readonly string[]): readonly Chunk[] {
  const hunk = parsePatch(patchOf("*** Update File: f", ...lines)).hunks[0];
  return hunk?.type === "update" ? hunk.chunks : [];
}

function rewrite(text: string, ...lines: readonly string[]): string {
  return rewriteText(text, chunksOf(lines), { path: "/f", hunk: 0, finalNewline: "keep" });
}

describe("finding the place", () => {
  test("chunks are sought in order, each after the one before", () => {
    expect(rewrite("a\nx\nb\nx\n", " a", "-x", "+1", "@@", "-x", "+2")).toBe("a\n1\nb\n2\n");
    expect(() => rewrite("b\na\n", " a", "@@", " b", "+c")).toThrow("Failed to find expected lines in /f:\nb");
  });
  test("a context moves the search behind its line, and stacked contexts one after the other", () => {
    const text = "class A\n  def f\n    x\nclass B\n  def f\n    x\n";
    expect(rewrite(text, "@@ class B", "@@ def f", "-    x", "+    y")).toBe(
      "class A\n  def f\n    x\nclass B\n  def f\n    y\n",
    );
  });
  test("a context that is nowhere is an error with the chunk's line", () => {
    expect(() => rewrite("a\n", "@@", "+x", "@@ nowhere", "-a")).toThrow(
      expect.objectContaining({ code: "context_not_found", line: 5, hunk: 0, path: "/f" }),
    );
  });
  test("lines that are not there are an error that shows them", () => {
    expect(() => rewrite("a\n", "@@", " a", "-b", "+c")).toThrow(
      expect.objectContaining({ code: "lines_not_found", reason: "Failed to find expected lines in /f:\na\nb" }),
    );
  });
  test("a chunk marked as the file's end is sought only there", () => {
    expect(rewrite("x\ny\nx\n", "-x", "+z", "*** End of File")).toBe("x\ny\nz\n");
    expect(() => rewrite("x\ny\n", "-x", "+z", "*** End of File")).toThrow("Failed to find expected lines");
  });
  test("a chunk at the file's end may not overlap the one before", () => {
    expect(() => rewrite("a\nb\n", "-a", "-b", "+c", "@@", "-b", "+d", "*** End of File")).toThrow("Failed to find");
  });
  test("lines without any old line go to the end of the file, whatever their context", () => {
    expect(rewrite("a\nb\n", "@@ a", "+c")).toBe("a\nb\nc\n");
    expect(rewrite("a\n\n", "+c", "@@", "+d")).toBe("a\n\nc\nd\n");
    expect(rewrite("", "+c")).toBe("c\n");
    expect(rewrite("a\nb\n", "+c", "@@", " a", " b", "+d")).toBe("a\nb\nc\nd\n");
    expect(rewrite("a\nb\n", "+c", "@@", " a", "-b", "+d")).toBe("a\nd\nc\n");
  });
  test("an empty last old line that the file does not have is left out, with its counterpart", () => {
    expect(rewrite("a\nb\n", " a", "-b", "+c", "")).toBe("a\nc\n");
    expect(rewrite("a\nb\n", "-b", "-", "+c", "+")).toBe("a\nc\n");
    expect(rewrite("a\nb\n", " b", "", "+c")).toBe("a\nb\n\nc\n");
  });
  test("context lines that matched loosely keep the file's own text", () => {
    expect(rewrite("\tif (x) {  \n\t\tone\u2019s\n}\n", " if (x) {", "-one's", "+two", " }")).toBe(
      "\tif (x) {  \ntwo\n}\n",
    );
  });
});

describe("bytes that are not changed", () => {
  test("CRLF files stay CRLF, CR files stay CR", () => {
    expect(rewrite("one\r\ntwo\r\nthree\r\n", " one", "-two", "+TWO", "+2b", " three")).toBe(
      "one\r\nTWO\r\n2b\r\nthree\r\n",
    );
    expect(rewrite("one\rtwo\rthree\r", "-two", "+TWO")).toBe("one\rTWO\rthree\r");
  });
  test("mixed endings stay line by line, new lines get the first one", () => {
    expect(rewrite("a\r\nb\nc\rd\n", " b", "-c", "+C", " d")).toBe("a\r\nb\nC\r\nd\n");
  });
  test("a carriage return inside a patch line is text, not an ending", () => {
    expect(rewrite("10%\r20%\nend\n", "-10%\r20%", "+30%\r40%")).toBe("30%\r40%\nend\n");
  });
  test("a missing last ending stays missing until the last line is changed", () => {
    expect(rewrite("one\r\ntwo", "-one", "+ONE")).toBe("ONE\r\ntwo");
    expect(rewrite("one\ntwo", " one", "+x", " two")).toBe("one\nx\ntwo");
    expect(rewrite("one\ntwo", "-two", "+TWO")).toBe("one\nTWO\n");
    expect(rewrite("one\ntwo", " two", "+three")).toBe("one\ntwo\nthree\n");
    expect(rewrite("one", "+two")).toBe("one\ntwo\n");
    expect(rewrite("one\ntwo", "-two")).toBe("one\n");
  });
  test("a missing last ending is added where the caller always wants one", () => {
    const always = (text: string, ...lines: readonly string[]) =>
      rewriteText(text, chunksOf(lines), { path: "/f", hunk: 0, finalNewline: "always" });
    expect(always("one\r\ntwo", "-one", "+ONE")).toBe("ONE\r\ntwo\r\n");
    expect(always("one\n", "-one")).toBe("");
  });
  test("a byte order mark stays, whatever happens to the first line", () => {
    expect(rewrite("\ufeffone\ntwo\n", "-one", "+ONE")).toBe("\ufeffONE\ntwo\n");
    expect(rewrite("\ufeffone\ntwo\n", "-\ufeffone", "+\ufeffONE")).toBe("\ufeffONE\ntwo\n");
    expect(rewrite("\ufeffone\ntwo\n", "-one")).toBe("\ufefftwo\n");
  });
  test("trailing blank lines stay, and every line can be removed", () => {
    expect(rewrite("a\n\n\n", "-a", "+b")).toBe("b\n\n\n");
    expect(rewrite("a\nb\n", "-a", "-b")).toBe("");
  });
});

describe("properties", () => {
  const ending = fc.constantFrom("\n", "\r\n", "\r");
  const body = fc.stringMatching(/^[a-cA-C _]{0,6}$/);
  /** Every line is different, so that a patch of its own lines has one place. */
  const file = fc
    .tuple(
      fc.array(fc.tuple(body, ending), { minLength: 1, maxLength: 12 }),
      fc.constantFrom("", "\ufeff"),
      fc.boolean(),
    )
    .map(([lines, mark, endsOpen]) => ({
      mark,
      lines: lines.map(([text, end], index) => ({
        text: `${index}${text}`.trimEnd() + "x",
        end: endsOpen && index === lines.length - 1 ? "" : end,
      })),
    }));

  test("what lies outside the changed lines stays as it was to the byte", () => {
    fc.assert(
      fc.property(file, fc.nat(), fc.array(body, { maxLength: 3 }), ({ mark, lines }, pick, added) => {
        const at = pick % lines.length;
        const join = (part: typeof lines) => part.map((line) => line.text + line.end).join("");
        const text = mark + join(lines);
        const result = rewrite(text, "@@", `-${lines[at]?.text ?? ""}`, ...added.map((line) => `+${line}`));
        const before = mark + join(lines.slice(0, at));
        const after = join(lines.slice(at + 1));
        expect(result.startsWith(before)).toBe(true);
        expect(result.slice(before.length).endsWith(after)).toBe(true);
        const first = lines[0]?.end === "" ? "\n" : (lines[0]?.end ?? "\n");
        const middle = result.slice(before.length, result.length - after.length);
        expect(middle).toBe(added.map((line) => line + first).join(""));
      }),
      { numRuns: 1000 },
    );
  });
  test("a patch and then its inverse give the file back", () => {
    const uniform = fc.tuple(file, fc.constantFrom("\n", "\r\n", "\r")).map(([{ mark, lines }, end]) => ({
      mark,
      end,
      texts: lines.map((line) => line.text),
    }));
    fc.assert(
      fc.property(uniform, fc.array(fc.tuple(fc.boolean(), body), { maxLength: 12 }), ({ mark, end, texts }, edits) => {
        const text = mark + texts.map((line) => line + end).join("");
        const forth = texts.flatMap((line, index) => {
          const [changed, fresh] = edits[index] ?? [false, ""];
          return changed ? [`-${line}`, `+new ${index} ${fresh}`] : [` ${line}`];
        });
        const back = forth.map((line) => line.replace(/^[-+]/, (sign) => (sign === "-" ? "+" : "-")));
        const changed = rewrite(text, "@@", ...forth);
        expect(rewrite(changed, "@@", ...back)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});
