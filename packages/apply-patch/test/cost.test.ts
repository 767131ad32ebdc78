import { expect, test } from "vitest";
import { parsePatch, planPatch, unifiedDiff } from "../src/index.js";
import { memoryFiles, noAbort, patchOf } from "./memory-files.js";

/** Processor time of this process, in milliseconds: other work on the machine does not count. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function timePlan(content: string, lines: readonly string[]): Promise<{ ms: number; result: string }> {
  const patch = patchOf("*** Update File: f", ...lines);
  const files = memoryFiles({ "/w/f": content });
  const started = processorTime();
  const plan = await planPatch(parsePatch(patch), files, { cwd: "/w" }, noAbort);
  const ms = processorTime() - started;
  const change = plan.changes[0];
  return { ms, result: change?.kind === "update" ? change.newContent : "" };
}

function chunks(count: number, total: number, line: (index: number) => string): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const at = Math.floor((index * total) / count);
    return ["@@", ` ${line(at)}`, `-${line(at + 1)}`, "+new", ` ${line(at + 2)}`];
  }).flat();
}

const total = 200_000;
const text = (line: (index: number) => string) =>
  Array.from({ length: total }, (_, index) => `${line(index)}\n`).join("");

test("500 chunks in 200,000 lines take half a second, and twice the chunks about twice", async () => {
  const line = (index: number) => `    line ${index} of the file`;
  const file = text(line);
  await timePlan(file, chunks(10, total, line));
  const once = await timePlan(file, chunks(500, total, line));
  const loose = await timePlan(
    file,
    chunks(500, total, (index) => `line ${index} of the file `),
  );
  const twice = await timePlan(file, chunks(1000, total, line));
  expect(once.result.match(/^new$/gm)).toHaveLength(500);
  expect(loose.result.match(/^new$/gm)).toHaveLength(500);
  for (const { ms } of [once, loose]) expect(ms).toBeLessThan(500 * slack);
  expect(twice.ms).toBeLessThan(2.5 * Math.max(once.ms, 100));
});

test("repeated lines stay linear", async () => {
  const file = text(() => "x");
  const pattern = Array.from({ length: 5000 }, () => " x");
  await expect(timePlan(file, ["@@", ...pattern, "-y"])).rejects.toThrow("Failed to find expected lines");
  const started = processorTime();
  await expect(timePlan(`y\n${file}`, ["@@", ...pattern, "-y"])).rejects.toThrow("Failed to find expected lines");
  expect((await timePlan(`${file}y\n`, ["@@", ...pattern, "-y", "+z"])).result.endsWith("x\nz\n")).toBe(true);
  expect(processorTime() - started).toBeLessThan(1500 * slack);
});

test("a patch of one megabyte is parsed, applied and shown in milliseconds", async () => {
  const line = (index: number) => `${index} ${"words ".repeat(8)}`.trimEnd();
  const lines = Array.from({ length: 20_000 }, (_, index) => line(index));
  const body = lines.map((each, index) => (index % 10 === 0 ? `-${each}\n+${index}` : ` ${each}`));
  const { ms, result } = await timePlan(lines.map((each) => `${each}\n`).join(""), [
    "@@",
    ...body.join("\n").split("\n"),
  ]);
  expect(result.split("\n")[10]).toBe("10");
  expect(ms).toBeLessThan(150 * slack);
  const started = processorTime();
  unifiedDiff(lines.join("\n"), result);
  expect(processorTime() - started).toBeLessThan(500 * slack);
});

/** Machines that run many tests at once are slow for a while. */
const slack = 3;
