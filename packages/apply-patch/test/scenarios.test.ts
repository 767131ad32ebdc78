import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeFiles, runApplyPatch } from "../src/index.js";
import { noAbort, patchOf } from "./memory-files.js";

type Tree = Record<string, string>;
type Scenario = { readonly input: Tree; readonly patch: string; readonly expected: Tree; readonly code: number };

/** exec.md §1.9, by name; the files are our own. `code` 1: the patch is refused and every file is as it was. */
const scenarios: Record<string, Scenario> = {
  "001 add_file": done({}, ["*** Add File: notes.md", "+# Notes", "+"], { "notes.md": "# Notes\n\n" }),
  "002 multiple_operations": done(
    { "gone.txt": "x\n", "kept.txt": "k1\nk2\n" },
    ["*** Add File: in/new.txt", "+n", "*** Delete File: gone.txt", "*** Update File: kept.txt", "@@", "-k2", "+K2"],
    { "in/new.txt": "n\n", "kept.txt": "k1\nK2\n" },
  ),
  "003 multiple_chunks": done(
    { f: "1\n2\n3\n4\n5\n6\n" },
    ["*** Update File: f", "@@", "-2", "+two", "@@", " 4", "-5", "+five"],
    { f: "1\ntwo\n3\n4\nfive\n6\n" },
  ),
  "004 move_to_new_directory": done(
    { "old/f": "a\nb\n", "old/other": "o\n" },
    ["*** Update File: old/f", "*** Move to: new/place/f", "@@", "-a", "+A"],
    { "new/place/f": "A\nb\n", "old/other": "o\n" },
  ),
  "005 rejects_empty_patch": refused({ f: "x\n" }, []),
  "006 rejects_missing_context": refused({ f: "x\n" }, ["*** Update File: f", "@@", "-y", "+z"]),
  "007 rejects_missing_file_delete": refused({ f: "x\n" }, ["*** Delete File: g"]),
  "008 rejects_empty_update_hunk": refused({ f: "x\n" }, ["*** Update File: f"]),
  "009 requires_existing_file_for_update": refused({}, ["*** Update File: f", "@@", "-y", "+z"]),
  "010 move_overwrites_existing_destination": done(
    { "from/f": "f\n", "to/f": "old\n" },
    ["*** Update File: from/f", "*** Move to: to/f", "@@", "-f", "+F"],
    { "to/f": "F\n" },
  ),
  "011 add_overwrites_existing_file": done({ f: "old\nold\n" }, ["*** Add File: f", "+new"], { f: "new\n" }),
  "012 delete_directory_fails": refused({ "d/f": "x\n" }, ["*** Delete File: d"]),
  "013 rejects_invalid_hunk_header": refused({ f: "x\n" }, ["*** Rename File: f"]),
  "014 update_file_appends_trailing_newline": done(
    { f: "no newline at end" },
    ["*** Update File: f", "@@", "-no newline at end", "+first", "+second"],
    { f: "first\nsecond\n" },
  ),
  "015 failure_after_partial_success_leaves_changes": refused({ f: "x\n" }, [
    ...["*** Add File: created", "+c", "*** Update File: missing", "@@", "-a", "+b"],
  ]),
  "016 pure_addition_update_chunk": done({ f: "1\n2\n" }, ["*** Update File: f", "@@", "+3", "+4"], {
    f: "1\n2\n3\n4\n",
  }),
  "017 whitespace_padded_hunk_header": done({ f: "x\n" }, ["  *** Update File: f  ", "@@", "-x", "+y"], { f: "y\n" }),
  "018 whitespace_padded_patch_markers": {
    input: { f: "x\n" },
    patch: " *** Begin Patch\n*** Update File: f\n@@\n-x\n+y\n*** End Patch ",
    expected: { f: "y\n" },
    code: 0,
  },
  "019 unicode_simple": done(
    { f: "caf\u00e9 \u2013 \u6771\u4eac\n" },
    ["*** Update File: f", "@@", "-caf\u00e9 - \u6771\u4eac", "+\u{1f600}"],
    { f: "\u{1f600}\n" },
  ),
  "020 delete_file_success": done({ f: "x\n", g: "y\n" }, ["*** Delete File: f"], { g: "y\n" }),
  "020 whitespace_padded_patch_marker_lines": {
    input: { f: "x\n" },
    patch: "\n  *** Begin Patch  \n*** Update File: f\n@@\n-x\n+y\n  *** End Patch  \n\n",
    expected: { f: "y\n" },
    code: 0,
  },
  "021 update_file_deletion_only": done({ f: "1\n2\n3\n" }, ["*** Update File: f", "@@", " 1", "-2", " 3"], {
    f: "1\n3\n",
  }),
  "022 update_file_end_of_file_marker": done(
    { f: "x\ny\nx\n" },
    ["*** Update File: f", "@@", "-x", "+z", "*** End of File"],
    { f: "x\ny\nz\n" },
  ),
  "023 preserves_crlf": done(
    { f: "one\r\ntwo\r\nthree\r\n" },
    ["*** Update File: f", "@@", " one", "-two", "+TWO", " three"],
    { f: "one\r\nTWO\r\nthree\r\n" },
  ),
  "024 preserves_mixed": done(
    { f: "one\ntwo\r\nthree\r\nfour\n" },
    ["*** Update File: f", "@@", " two", "-three", "+3", " four"],
    { f: "one\ntwo\r\n3\nfour\n" },
  ),
};

function done(input: Tree, lines: readonly string[], expected: Tree): Scenario {
  return { input, patch: patchOf(...lines), expected, code: 0 };
}

function refused(input: Tree, lines: readonly string[]): Scenario {
  return { input, patch: patchOf(...lines), expected: input, code: 1 };
}

async function writeTree(root: string, tree: Tree): Promise<void> {
  for (const [name, content] of Object.entries(tree)) {
    await fs.mkdir(join(root, name, ".."), { recursive: true });
    await fs.writeFile(join(root, name), content);
  }
}

async function readTree(root: string): Promise<Tree> {
  const names = await fs.readdir(root, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files
    .sort()
    .map(async (file) => [file.slice(root.length + 1), await fs.readFile(file, "utf8")] as const);
  return Object.fromEntries(await Promise.all(read));
}

describe("the golden scenarios", () => {
  test.each(Object.entries(scenarios))("%s", async (_, { input, patch, expected, code }) => {
    const root = await fs.mkdtemp(join(tmpdir(), "apply-patch-"));
    await writeTree(root, input);
    let errors = "";
    const exit = await runApplyPatch(
      {
        args: [patch],
        cwd: root,
        files: nodeFiles(),
        writeOutput: () => {},
        writeError: (text) => {
          errors += text;
        },
      },
      noAbort,
    );
    expect({ exit, tree: await readTree(root), complained: errors !== "" }).toEqual({
      exit: code,
      tree: expected,
      complained: code !== 0,
    });
    await fs.rm(root, { recursive: true });
  });
});
