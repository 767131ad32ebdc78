import { expect, test } from "vitest";
import { runApplyPatch } from "../src/index.js";
import { memoryFiles, noAbort, patchOf, type Fault } from "./memory-files.js";

async function run(args: readonly string[], stdin?: readonly Uint8Array[], faults: readonly Fault[] = []) {
  const files = memoryFiles({ "/w/f": "one\ntwo" }, faults);
  const said = { output: "", errors: "" };
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield* stdin ?? [];
  }
  const exit = await runApplyPatch(
    {
      args,
      cwd: "/w",
      files,
      ...(stdin === undefined ? {} : { stdin: pieces() }),
      writeOutput: (text) => {
        said.output += text;
      },
      writeError: (text) => {
        said.errors += text;
      },
    },
    noAbort,
  );
  return { exit, ...said, file: files.snapshot()["/w/f"] };
}

const patch = patchOf("*** Update File: f", "-one", "+ONE");
const success = { exit: 0, output: "Success. Updated the following files:\nM f\n", errors: "", file: "ONE\ntwo" };

test("the command takes the patch as its argument or from standard input, in any pieces", async () => {
  expect(await run([patch])).toEqual(success);
  const bytes = new TextEncoder().encode(patch);
  expect(await run([], [bytes.slice(0, 20), bytes.slice(20)])).toEqual(success);
  expect(await run([patch], [Uint8Array.of(1)])).toEqual(success);
});
test("--match-codex ends an updated file with a line ending", async () => {
  expect(await run(["--match-codex", patch])).toEqual({ ...success, file: "ONE\ntwo\n" });
});
test("no patch at all, or two, is a misuse with exit code 2", async () => {
  expect(await run([])).toMatchObject({
    exit: 2,
    output: "",
    errors: expect.stringContaining("Usage: apply_patch 'PATCH'\n"),
  });
  expect(await run([], [])).toMatchObject({ exit: 2 });
  expect(await run([patch, patch])).toMatchObject({
    exit: 2,
    errors: "Error: apply_patch accepts exactly one argument.\n",
  });
});
test("a refused patch has exit code 1, one line that says why, and no effect", async () => {
  const untouched = { exit: 1, output: "", file: "one\ntwo" };
  expect(await run([""])).toEqual({
    ...untouched,
    errors: "Invalid patch: The first line of the patch must be '*** Begin Patch'\n",
  });
  expect(await run([patchOf("*** Update File: f")])).toEqual({
    ...untouched,
    errors: "Invalid patch hunk on line 2: Update file hunk for path 'f' is empty\n",
  });
  expect(await run([patchOf("*** Delete File: g")])).toEqual({
    ...untouched,
    errors: "Failed to delete file /w/g: no such file\n",
  });
  expect(await run([patchOf()])).toEqual({ ...untouched, errors: "No files were modified.\n" });
  expect(await run([], [Uint8Array.of(0xff)])).toEqual({ ...untouched, errors: "the patch is not valid UTF-8\n" });
});
test("what could not be undone is listed", async () => {
  const twice = patchOf("*** Update File: f", "+x", "*** Add File: g/h", "+x");
  const faults: readonly Fault[] = [
    { verb: "write", path: "/w/g" },
    { verb: "rmdir", path: "/w/g" },
  ];
  expect(await run([twice], undefined, faults)).toEqual({
    exit: 1,
    output: "",
    errors: "Failed to write file /w/g/h: no write today\nLeft over: /w/g\n",
    file: "one\ntwo",
  });
});
