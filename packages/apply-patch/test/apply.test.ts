import { describe, expect, test } from "vitest";
import { applyPlan, parsePatch, planPatch, type ApplyReport, type PatchFiles } from "../src/index.js";
import { memoryFiles, noAbort, patchOf, type Fault, type MemoryFiles } from "./memory-files.js";

const start = { "/w/a": "a\n", "/w/b": "b\n", "/w/c": "c\n", "/w/d": "d\n", "/w/e": "e\n" };
const everything = [
  ...[
    "*** Delete File: a",
    "*** Update File: b",
    "-b",
    "+B",
    "*** Add File: new/deep/n",
    "+n",
    "*** Add File: c",
    "+C",
  ],
  ...["*** Update File: d", "*** Move to: moved/d", "-d", "+D", "*** Update File: e", "*** Move to: a", "-e", "+E"],
];

async function planFor(files: PatchFiles, lines: readonly string[]) {
  return planPatch(parsePatch(patchOf(...lines)), files, { cwd: "/w" }, noAbort);
}

async function applyWith(files: MemoryFiles, lines: readonly string[]): Promise<ApplyReport> {
  return applyPlan(await planFor(files, lines), files, noAbort);
}

function statesOf(report: ApplyReport): readonly string[] {
  return report.type === "failed" ? report.outcomes.map((outcome) => outcome.state) : [];
}

describe("applying a plan", () => {
  test("makes every change and leaves nothing behind", async () => {
    const files = memoryFiles(start);
    expect(await applyWith(files, everything)).toEqual({ type: "applied", leftovers: [] });
    expect(files.snapshot()).toEqual({
      "/w/a": "E\n",
      "/w/b": "B\n",
      "/w/c": "C\n",
      "/w/moved/d": "D\n",
      "/w/new/deep/n": "n\n",
    });
  });
  test("overwrites the destination of a move", async () => {
    const files = memoryFiles(start);
    await applyWith(files, ["*** Update File: a", "*** Move to: b", "-a", "+A"]);
    expect(files.snapshot()).toEqual({ "/w/b": "A\n", "/w/c": "c\n", "/w/d": "d\n", "/w/e": "e\n" });
  });
  test("moves by writing and removing where renaming does not work", async () => {
    const files = memoryFiles(start, [{ verb: "rename", path: "/w/a" }]);
    expect(await applyWith(files, ["*** Update File: a", "*** Move to: x/a", "-a", "+A"])).toMatchObject({
      type: "applied",
    });
    expect(files.snapshot()).toMatchObject({ "/w/x/a": "A\n" });
    expect(files.snapshot()).not.toHaveProperty("/w/a");
  });
});

describe("a failing application", () => {
  const faults: readonly (Fault & { readonly states: string })[] = [
    { verb: "rename", path: "/w/a", states: "restored untouched untouched untouched untouched untouched" },
    {
      verb: "write",
      path: "/w/b",
      torn: "B",
      times: 1,
      states: "restored restored untouched untouched untouched untouched",
    },
    { verb: "mkdir", path: "/w/new", states: "restored restored restored untouched untouched untouched" },
    {
      verb: "write",
      path: "/w/new/deep/n",
      torn: "half",
      states: "restored restored restored untouched untouched untouched",
    },
    { verb: "write", path: "/w/c", times: 1, states: "restored restored restored restored untouched untouched" },
    {
      verb: "write",
      path: "/w/moved/d",
      times: 1,
      torn: "",
      states: "restored restored restored restored restored untouched",
    },
    {
      verb: "write",
      path: "/w/a",
      times: 1,
      torn: "E",
      states: "restored restored restored restored restored restored",
    },
  ];
  test.each(faults)("at $verb of $path gives every file back and says so", async ({ states, ...fault }) => {
    const files = memoryFiles(start, [fault]);
    const before = files.directories();
    const report = await applyWith(files, everything);
    expect(report).toMatchObject({ type: "failed", leftovers: [], error: { code: "file_error" } });
    expect(statesOf(report).join(" ")).toBe(states);
    expect(files.snapshot()).toEqual(start);
    expect(files.directories()).toEqual(before);
  });
  test("that cannot be undone names the change and the reason", async () => {
    const files = memoryFiles(start, [
      { verb: "write", path: "/w/b", torn: "half" },
      { verb: "rename", path: "/w/.a." },
    ]);
    const report = await applyWith(files, everything);
    expect(report).toMatchObject({
      type: "failed",
      error: { code: "file_error", message: "Failed to write file /w/b: no write today", hunk: 1, path: "/w/b" },
      outcomes: [
        { state: "not_restored", reasons: ["no rename today"] },
        { state: "not_restored", reasons: ["no write today"] },
        { state: "untouched" },
        { state: "untouched" },
        { state: "untouched" },
        { state: "untouched" },
      ],
      leftovers: [expect.stringMatching(/^\/w\/\.a\.[0-9a-f]+\.replaced$/)],
    });
  });
  test("lists the directories it made where the port cannot remove one", async () => {
    const { rmdir: _, ...files } = memoryFiles(start, [{ verb: "write", path: "/w/new" }]);
    const report = await applyPlan(await planFor(files, everything), files, noAbort);
    expect(report).toMatchObject({ type: "failed", leftovers: ["/w/new/deep", "/w/new"] });
  });
  test("because a file changed since it was planned never overwrites that file", async () => {
    const files = memoryFiles(start);
    const plan = await planFor(files, [
      "*** Update File: b",
      "+x",
      "*** Update File: c",
      "+x",
      "*** Add File: z",
      "+x",
    ]);
    files.put("/w/c", "someone else's\n");
    expect(await applyPlan(plan, files, noAbort)).toMatchObject({
      type: "failed",
      error: { code: "stale", path: "/w/c" },
    });
    expect(files.snapshot()).toEqual({ ...start, "/w/c": "someone else's\n" });

    files.put("/w/c", "c\n");
    files.put("/w/z", "");
    expect(await applyPlan(plan, files, noAbort)).toMatchObject({ error: { code: "stale", path: "/w/z" } });
    expect(files.snapshot()).toEqual({ ...start, "/w/z": "" });
  });
  test("because it was interrupted is undone all the same", async () => {
    const files = memoryFiles(start);
    const plan = await planFor(files, everything);
    const controller = new AbortController();
    const stopping: PatchFiles = {
      ...files,
      async write(path, data, signal) {
        await files.write(path, data, signal);
        if (path === "/w/c" && !controller.signal.aborted) controller.abort();
      },
    };
    const report = await applyPlan(plan, stopping, controller.signal);
    expect(report).toMatchObject({ type: "failed", error: { code: "aborted" }, leftovers: [] });
    expect(files.snapshot()).toEqual(start);
  });
  test("to clear up afterwards is no failure, but is reported", async () => {
    const files = memoryFiles(start, [{ verb: "remove", path: "/w/.a." }]);
    const report = await applyWith(files, everything);
    expect(report).toEqual({ type: "applied", leftovers: [expect.stringContaining("/w/.a.")] });
  });
});
