import fc from "fast-check";
import { expect, test } from "vitest";
import { applyPlan, createPatchParser, findPatchInCommand, parsePatch, PatchError, planPatch } from "../src/index.js";
import { memoryFiles, noAbort } from "./memory-files.js";

/** `npm run fuzz` sets it to 100,000. */
const runs = Number(process.env["CODEX_FUZZ_RUNS"] ?? 4000);
const start = { "/w/a": "one\ntwo\r\nthree", "/w/b": "\ufeff\n\nx\n", "/w/c/d": "“q”\r\u00a0 \n" };

const path = fc.constantFrom("a", "b", "c", "c/d", "c/d/e", "new/f", "..", ".", "../w/a", "\0", "é");
const fileLine = fc.constantFrom("one", "two", "three", "x", "", '"q"', " ", "one ", "  two");
const words = fc.constantFrom(
  "*** ",
  "@@",
  "\r\n",
  "\n",
  "\r",
  "+",
  "-",
  " ",
  "EOF",
  "<<",
  "Begin Patch",
  "\u0085",
  "\ud800",
  "🎉",
);
const bodyLine = fc.tuple(fc.constantFrom(" ", "-", "+"), fileLine).map((parts) => parts.join(""));
const chunk = fc
  .tuple(fc.constantFrom("", "@@", "@@ one", "@@ -1 +1 @@"), fc.array(bodyLine, { maxLength: 4 }), fc.boolean())
  .map(([head, lines, last]) => [...(head === "" ? [] : [head]), ...lines, ...(last ? ["*** End of File"] : [])]);
const hunk = fc.oneof(
  fc
    .tuple(path, fc.array(fileLine))
    .map(([name, lines]) => [`*** Add File: ${name}`, ...lines.map((line) => `+${line}`)]),
  path.map((name) => [`*** Delete File: ${name}`]),
  fc
    .tuple(path, fc.option(path), fc.array(chunk, { maxLength: 3 }))
    .map(([name, to, chunks]) => [
      ...[`*** Update File: ${name}`, ...(to === null ? [] : [`*** Move to: ${to}`]), ...chunks.flat()],
    ]),
  fc.array(fc.oneof(words, fc.string()), { maxLength: 3 }),
);
const text = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .array(hunk, { maxLength: 4 })
      .map((hunks) => ["*** Begin Patch", ...hunks.flat(), "*** End Patch"].join("\n")),
  },
  { weight: 1, arbitrary: fc.array(fc.oneof(words, fc.string())).map((parts) => parts.join("")) },
);

test(
  "any input is applied whole or refused with a PatchError, and never crashes or hangs",
  { timeout: 600_000 },
  async () => {
    let applied = 0;
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom("keep", "always"), async (input, finalNewline) => {
        findPatchInCommand(["bash", "-lc", input]);
        const files = memoryFiles(start);
        try {
          const plan = await planPatch(parsePatch(input), files, { cwd: "/w", finalNewline }, noAbort);
          const report = await applyPlan(plan, files, noAbort);
          if (report.type === "failed") expect(files.snapshot()).toEqual(start);
          else applied += 1;
          expect(report.leftovers).toEqual([]);
        } catch (error) {
          if (!(error instanceof PatchError)) throw error;
          expect(files.snapshot()).toEqual(start);
        }
      }),
      { numRuns: runs },
    );
    expect(applied).toBeGreaterThan(runs / 50);
  },
);

test("any bytes are parsed or refused with a PatchError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const parser = createPatchParser();
      try {
        parser.push("*** Begin Patch\n*** Add File: a\n+");
        parser.push(bytes);
        parser.push("\n*** End Patch");
        parser.finish();
      } catch (error) {
        if (!(error instanceof PatchError)) throw error;
      }
    }),
    { numRuns: runs / 4 },
  );
});
