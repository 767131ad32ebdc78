import { describe, expect, test } from "vitest";
import { parsePatch, planPatch, summarize, unifiedDiff, type Plan } from "../src/index.js";
import { memoryFiles, noAbort, patchOf, type Fault } from "./memory-files.js";

async function planOf(start: Record<string, string | Uint8Array>, lines: readonly string[], faults: Fault[] = []) {
  const files = memoryFiles(start, faults);
  const plan = await planPatch(parsePatch(patchOf(...lines)), files, { cwd: "/w" }, noAbort);
  expect(files.writes).toEqual([]);
  return plan;
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("planning", () => {
  test("gives every change in order, with absolute paths and contents before and after", async () => {
    const plan = await planOf({ "/w/b": "b\n", "/w/c": "c\n", "/e": "e\n", "/w/f": "old\n" }, [
      ...["*** Add File: sub/a", "+a", "*** Delete File: ./b", "*** Update File: c", "-c", "+C"],
      ...["*** Update File: ../e", "*** Move to: sub/../f", "-e", "+E"],
    ]);
    expect(plan).toEqual({
      changes: [
        {
          kind: "add",
          hunk: 0,
          path: "/w/sub/a",
          name: "sub/a",
          oldBytes: undefined,
          oldContent: undefined,
          newContent: "a\n",
        },
        { kind: "delete", hunk: 1, path: "/w/b", name: "./b", oldBytes: bytes("b\n"), oldContent: "b\n" },
        {
          kind: "update",
          hunk: 2,
          path: "/w/c",
          name: "c",
          oldBytes: bytes("c\n"),
          oldContent: "c\n",
          newContent: "C\n",
        },
        {
          ...{
            kind: "move",
            hunk: 3,
            path: "/e",
            name: "../e",
            oldBytes: bytes("e\n"),
            oldContent: "e\n",
            newContent: "E\n",
          },
          destination: { path: "/w/f", name: "sub/../f", oldBytes: bytes("old\n"), oldContent: "old\n" },
        },
      ],
    } satisfies Plan);
    expect(summarize(plan.changes)).toBe("Success. Updated the following files:\nA sub/a\nM c\nM sub/../f\nD ./b\n");
  });
  test("lets a change be shown as a diff with one line of context", async () => {
    const [change] = (await planOf({ "/w/a": "1\n2\n3\n4\n" }, ["*** Update File: a", "-3", "+x"])).changes;
    const shown = change?.kind === "update" ? unifiedDiff(change.oldContent, change.newContent, { context: 1 }) : "";
    expect(shown).toBe("@@ -2,3 +2,3 @@\n 2\n-3\n+x\n 4\n");
  });
  test("a patch without hunks is refused", async () => {
    await expect(planOf({}, [])).rejects.toMatchObject({ code: "no_changes", message: "No files were modified." });
  });
  test("missing, unreadable and impossible files are refused", async () => {
    const start = { "/w/dir/x": "x", "/w/a": "a\n" };
    await expect(planOf(start, ["*** Update File: no", "+x"])).rejects.toMatchObject({
      code: "file_error",
      path: "/w/no",
      hunk: 0,
      line: 2,
      message: "Failed to read file to update /w/no: no such file",
    });
    await expect(planOf(start, ["*** Delete File: no"])).rejects.toMatchObject({ code: "file_error" });
    await expect(planOf(start, ["*** Delete File: dir"])).rejects.toThrow("Failed to delete file /w/dir: not a file");
    await expect(planOf(start, ["*** Add File: dir", "+x"])).rejects.toThrow("Failed to write file /w/dir");
    await expect(planOf(start, ["*** Update File: a", "*** Move to: dir", "-a"])).rejects.toThrow("/w/dir: not a file");
    await expect(planOf(start, ["*** Update File: a", "-a"], [{ verb: "read", path: "/w/a" }])).rejects.toMatchObject({
      code: "file_error",
      message: "Failed to read file to update /w/a: no read today",
    });
    await expect(planOf(start, ["*** Delete File: a\0"])).rejects.toMatchObject({ code: "invalid_patch" });
  });
  test("a file that is not UTF-8 is never updated, but may be deleted or overwritten", async () => {
    const latin = Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x0a);
    const start = { "/w/a": latin };
    await expect(planOf(start, ["*** Update File: a", "+x"])).rejects.toMatchObject({
      code: "not_utf8",
      message: "Failed to read file to update /w/a: not UTF-8 text",
    });
    expect((await planOf(start, ["*** Delete File: a"])).changes[0]).toMatchObject({
      oldBytes: latin,
      oldContent: undefined,
    });
    expect((await planOf(start, ["*** Add File: a"])).changes[0]).toMatchObject({ oldBytes: latin, newContent: "" });
  });
  test("two hunks with one source, however it is spelled, are refused", async () => {
    await expect(
      planOf({ "/w/a": "a\n" }, ["*** Update File: a", "+b", "*** Delete File: x/../a"]),
    ).rejects.toMatchObject({
      code: "duplicate_target",
      message: "invalid patch: multiple operations target /w/a",
      hunk: 1,
    });
  });
  test("a move over a file written earlier, and a change of it later, are refused", async () => {
    const start = { "/w/a": "a\n", "/w/b": "b\n" };
    const move = ["*** Update File: a", "*** Move to: b", "-a", "+A"];
    await expect(planOf(start, ["*** Update File: b", "+x", ...move])).rejects.toMatchObject({
      code: "duplicate_target",
    });
    await expect(planOf(start, [...move, "*** Update File: b", "+x"])).rejects.toMatchObject({
      code: "duplicate_target",
    });
  });
  test("a path freed by an earlier hunk can be moved to", async () => {
    const plan = await planOf({ "/w/a": "a\n", "/w/b": "b\n" }, [
      ...["*** Delete File: b", "*** Update File: a", "*** Move to: b", "-a", "+A"],
    ]);
    expect(plan.changes[1]).toMatchObject({ kind: "move", destination: { path: "/w/b", oldContent: undefined } });
  });
  test("a move onto itself is an update", async () => {
    const plan = await planOf({ "/w/a": "a\n" }, ["*** Update File: a", "*** Move to: ./a", "-a", "+A"]);
    expect(plan.changes[0]).toMatchObject({ kind: "update", newContent: "A\n" });
  });
  test("an aborted signal stops the planning with its reason", async () => {
    const reason = new Error("enough");
    const patch = parsePatch(patchOf("*** Add File: a"));
    await expect(planPatch(patch, memoryFiles({}), { cwd: "/w" }, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
