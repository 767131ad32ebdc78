import { describe, expect, test } from "vitest";
import { createPatchParser, parsePatch, PatchError } from "../src/index.js";
import { patchOf } from "./memory-files.js";

function failureOf(text: string | Uint8Array): { code: string; line: number | undefined; reason: string } {
  try {
    parsePatch(text);
  } catch (error) {
    if (error instanceof PatchError) return { code: error.code, line: error.line, reason: error.reason };
    throw error;
  }
  throw new Error("the patch was accepted");
}

const headers = "Valid hunk headers: '*** Add File: {path}', '*** Delete File: {path}', '*** Update File: {path}'";
const firstLine = "The first line of the patch must be '*** Begin Patch'";
const lastLine = "The last line of the patch must be '*** End Patch'";

describe("the envelope", () => {
  test("an empty envelope is a patch without hunks", () => {
    expect(parsePatch(patchOf())).toEqual({ hunks: [] });
  });
  test("blank lines and padded markers around the patch are forgiven", () => {
    expect(parsePatch("\n\n  *** Begin Patch \n*** Delete File: a\n\t*** End Patch  \n\n").hunks).toHaveLength(1);
  });
  test("an indented end marker closes an update only when nothing follows it", () => {
    const open = "*** Begin Patch\n*** Update File: a\n@@\n-x\n";
    const chunk = { line: 3, contexts: [], atEnd: false };
    const removed = { type: "remove", text: "x" };
    expect(parsePatch(`${open} *** End Patch\n\n`).hunks).toEqual([
      { type: "update", path: "a", line: 2, chunks: [{ ...chunk, lines: [removed] }] },
    ]);
    expect(parsePatch(`${open} *** End Patch\n\n+y\n*** End Patch\n`).hunks).toEqual([
      {
        type: "update",
        path: "a",
        line: 2,
        chunks: [
          {
            ...chunk,
            lines: [
              removed,
              { type: "context", text: "*** End Patch" },
              { type: "context", text: "" },
              { type: "add", text: "y" },
            ],
          },
        ],
      },
    ]);
  });
  test.each(["<<EOF", "<<'EOF'", '<<"EOF"'])("a patch inside a heredoc opened by %s is unwrapped", (opener) => {
    expect(parsePatch(`${opener}\n${patchOf("*** Delete File: a")}\nEOF\n`).hunks).toEqual([
      { type: "delete", path: "a", line: 3 },
    ]);
  });
  test("blank lines between a heredoc and its patch are forgiven", () => {
    expect(parsePatch(`<<EOF\n\n${patchOf("*** Delete File: a")}\n\nEOF`).hunks).toHaveLength(1);
  });
  test("a heredoc closes over an indented end marker too", () => {
    expect(parsePatch("<<EOF\n*** Begin Patch\n*** Update File: a\n+x\n *** End Patch\nEOF").hunks).toHaveLength(1);
  });
  test("a heredoc with mismatched quotes or without its end is not unwrapped", () => {
    expect(failureOf(`<<"EOF'\n${patchOf()}\nEOF`)).toEqual({ code: "invalid_patch", line: 1, reason: firstLine });
    expect(failureOf(`<<EOF\n${patchOf()}\n`)).toMatchObject({ code: "invalid_patch", reason: lastLine });
  });
  test("a repeated end marker is forgiven", () => {
    expect(parsePatch(`${patchOf("*** Delete File: a")}\n*** End Patch\n`).hunks).toHaveLength(1);
  });
  test("text before, after or instead of the patch is refused", () => {
    expect(failureOf("")).toMatchObject({ code: "invalid_patch", reason: firstLine });
    expect(failureOf(`hello\n${patchOf()}`)).toMatchObject({ line: 1, reason: firstLine });
    expect(failureOf(`${patchOf()}\nhello`)).toMatchObject({ line: 3, reason: lastLine });
    expect(failureOf("*** Begin Patch\n*** Add File: a\n+x")).toMatchObject({
      code: "invalid_patch",
      reason: lastLine,
    });
  });
  test("the environment line is kept, once, and only before the first hunk", () => {
    const line = "*** Environment ID: box-1 ";
    expect(parsePatch(patchOf(line, "*** Delete File: a"))).toEqual({
      environmentId: "box-1",
      hunks: [{ type: "delete", path: "a", line: 3 }],
    });
    expect(failureOf(patchOf("*** Environment ID:  ")).reason).toBe("apply_patch environment_id cannot be empty");
    expect(failureOf(patchOf(line, line)).reason).toBe("apply_patch environment_id cannot be specified more than once");
    expect(failureOf(patchOf("*** Delete File: a", line)).code).toBe("invalid_hunk");
  });
  test("carriage returns at line ends belong to the patch, not to its lines", () => {
    expect(parsePatch("*** Begin Patch\r\n*** Add File: a\r\n+x\r\n+y\r\r\n*** End Patch\r\n").hunks).toEqual([
      { type: "add", path: "a", line: 2, lines: ["x", "y"] },
    ]);
  });
  test("bytes that are not UTF-8 and half surrogate pairs are refused", () => {
    expect(failureOf(Uint8Array.of(0x2a, 0xff)).code).toBe("not_utf8");
    expect(failureOf(patchOf("*** Add File: a", "+\ud800"))).toMatchObject({ code: "invalid_patch", line: 3 });
  });
});

describe("add and delete hunks", () => {
  test("an added file may be empty, and its path keeps inner spaces", () => {
    expect(parsePatch(patchOf("*** Add File:  a b ", "*** Delete File: c")).hunks).toEqual([
      { type: "add", path: " a b", line: 2, lines: [] },
      { type: "delete", path: "c", line: 3 },
    ]);
  });
  test.each([["*** Add File: a"], ["*** Delete File: a"]])("a foreign or blank line after %s is refused", (header) => {
    expect(failureOf(patchOf(header, "oops "))).toEqual({
      code: "invalid_hunk",
      line: 3,
      reason: `'oops' is not a valid hunk header. ${headers}`,
    });
    expect(failureOf(patchOf(header, "", "*** Delete File: b")).line).toBe(3);
  });
  test("a header must name a path and follow the begin marker", () => {
    expect(failureOf(patchOf("*** Add File: ")).reason).toContain("is not a valid hunk header");
    expect(failureOf(patchOf("", "*** Add File: a"))).toMatchObject({ code: "invalid_hunk", line: 2 });
    expect(failureOf(patchOf("*** Frobnicate File: a")).line).toBe(2);
  });
});

describe("update hunks", () => {
  const update = (...lines: readonly string[]) => patchOf("*** Update File: a", ...lines);
  const chunksOf = (...lines: readonly string[]) => {
    const hunk = parsePatch(update(...lines)).hunks[0];
    return hunk?.type === "update"
      ? hunk.chunks.map(({ contexts, lines: body, atEnd }) => ({
          contexts,
          body: body.map((line) => `${line.type}:${line.text}`),
          atEnd,
        }))
      : [];
  };

  test("the first chunk may omit its marker, and an empty line is an empty context line", () => {
    expect(chunksOf("", " a", "-b", "+c")).toEqual([
      { contexts: [], body: ["context:", "context:a", "remove:b", "add:c"], atEnd: false },
    ]);
  });
  test("stacked markers narrow the place one after the other", () => {
    expect(chunksOf("@@ class A", "@@", "@@   def f():  ", "-x")).toEqual([
      { contexts: ["class A", "  def f():"], body: ["remove:x"], atEnd: false },
    ]);
  });
  test("the header of a unified diff is no context", () => {
    expect(
      chunksOf("@@ -1,2 +1,3 @@ function f", "+x", "@@ -9 +10 @@", "+y", "@@ -x", "+z").map((c) => c.contexts),
    ).toEqual([[], [], ["-x"]]);
  });
  test("the move line comes first and once", () => {
    expect(parsePatch(update("*** Move to: b ", "+x")).hunks[0]).toMatchObject({ path: "a", moveTo: "b" });
    expect(failureOf(update("*** Move to: b", "*** Move to: c", "+x")).line).toBe(4);
    expect(failureOf(update("+x", "*** Move to: b")).reason).toContain("Expected update hunk to start with a @@");
  });
  test("after the end-of-file line only blank lines, a marker or a header may follow", () => {
    expect(chunksOf("-x", "*** End of File", " ", "@@ y", "+z").map((chunk) => chunk.atEnd)).toEqual([true, false]);
    expect(failureOf(update("-x", "*** End of File", "+y"))).toMatchObject({
      code: "invalid_hunk",
      line: 5,
      reason: "Expected update hunk to start with a @@ context marker, got: '+y'",
    });
    expect(chunksOf("*** End of File", "-x").map((chunk) => chunk.atEnd)).toEqual([false]);
    expect(failureOf(update("@@", "*** End of File")).reason).toBe("Update hunk does not contain any lines");
  });
  test("an update without chunks or with an empty last one is refused", () => {
    expect(failureOf(update())).toMatchObject({ line: 2, reason: "Update file hunk for path 'a' is empty" });
    expect(failureOf(update("*** Move to: b"))).toMatchObject({ line: 2 });
    expect(failureOf(update("@@ x"))).toMatchObject({ line: 4, reason: "Update hunk does not contain any lines" });
    expect(failureOf(update("@@ x", "*** Delete File: b")).reason).toContain("Unexpected line found in update hunk");
  });
  test("a line with a foreign first character is refused, depending on where it stands", () => {
    expect(failureOf(update("x")).reason).toBe(
      "Unexpected line found in update hunk: 'x'. Every line should start with ' ' (context line), '+' (added line), or '-' (removed line)",
    );
    expect(failureOf(update("@@x")).reason).toContain("Unexpected line");
    expect(failureOf(update("+y", "x")).reason).toBe(
      "Expected update hunk to start with a @@ context marker, got: 'x'",
    );
  });
  test("an indented header inside an update is a context line", () => {
    expect(chunksOf("-x", " *** Delete File: b")[0]?.body).toEqual(["remove:x", "context:*** Delete File: b"]);
  });
  test("an error names the hunk by its index", () => {
    expect(() => parsePatch(patchOf("*** Delete File: a", "*** Update File: b", "?"))).toThrow(
      expect.objectContaining({ code: "invalid_hunk", hunk: 1, line: 4 }),
    );
  });
});

describe("the streaming parser", () => {
  test("shows the hunks of every complete line while the patch arrives", () => {
    const parser = createPatchParser();
    expect(parser.push("*** Begin Patch\n*** Add File: a\n+on")).toEqual([
      { type: "add", path: "a", line: 2, lines: [] },
    ]);
    expect(parser.push("e\n+two\n*** Delete")).toEqual([{ type: "add", path: "a", line: 2, lines: ["one", "two"] }]);
    parser.push(" File: b\n*** End Patch");
    expect(parser.finish().hunks).toHaveLength(2);
  });
  test("gives its first error again and again", () => {
    const parser = createPatchParser();
    expect(() => parser.push("nonsense\n")).toThrow(firstLine);
    expect(() => parser.push(patchOf())).toThrow(firstLine);
    expect(() => parser.finish()).toThrow(firstLine);
  });
});
