import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unifiedDiff } from "../src/index.js";

/** Processor time of this process, in milliseconds: other work on the machine does not count. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

describe("the unified diff", () => {
  test("of equal texts is empty", () => {
    expect(unifiedDiff("a\n", "a\n")).toBe("");
  });
  test("shows changes with their context and line numbers", () => {
    const old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    expect(unifiedDiff(old, "1\n2\n3\nfour\n5\n6\n7\n8\n9\n10\n", { context: 1, oldName: "a/f", newName: "b/f" })).toBe(
      "--- a/f\n+++ b/f\n@@ -3,3 +3,3 @@\n 3\n-4\n+four\n 5\n@@ -9 +9,2 @@\n 9\n+10\n",
    );
  });
  test("joins changes whose contexts touch", () => {
    expect(unifiedDiff("a\nb\nc\n", "A\nb\nC\n", { context: 1 })).toBe("@@ -1,3 +1,3 @@\n-a\n+A\n b\n-c\n+C\n");
  });
  test("says where a last line has no ending, and shows changed endings", () => {
    expect(unifiedDiff("a", "a\n")).toBe("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
    expect(unifiedDiff("a\r\n", "a\n")).toBe("@@ -1 +1 @@\n-a\r\n+a\n");
  });
  test("of a new or an emptied file names the line before", () => {
    expect(unifiedDiff("", "a\nb\n")).toBe("@@ -0,0 +1,2 @@\n+a\n+b\n");
    expect(unifiedDiff("a\n", "")).toBe("@@ -1 +0,0 @@\n-a\n");
  });
  test("turns the old text into the new one, and is as short as can be", () => {
    const text = fc.array(fc.constantFrom("a\n", "b\n", "c\n", "d"), { maxLength: 14 }).map((lines) => lines.join(""));
    fc.assert(
      fc.property(text, text, fc.nat(3), (old, fresh, context) => {
        const diff = unifiedDiff(old, fresh, { context });
        expect(patched(old, diff)).toBe(fresh);
        const changed = diff.split("\n").filter((line) => /^[-+]/.test(line)).length;
        expect(changed).toBe(shortestScript(linesOf(old), linesOf(fresh)));
      }),
      { numRuns: 3000 },
    );
  });
  test("of two large texts without much in common is bounded, and still correct", () => {
    const lines = (seed: number) =>
      Array.from({ length: 60_000 }, (_, index) => `${(index * seed) % 9973} ${index % 7}\n`).join("");
    const old = lines(7919);
    const fresh = lines(104_729);
    const started = processorTime();
    const diff = unifiedDiff(old, fresh);
    expect(processorTime() - started).toBeLessThan(3000);
    expect(patched(old, diff)).toBe(fresh);
  });
});

function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Applies a diff by its numbers alone. */
function patched(old: string, diff: string): string {
  const lines = linesOf(old);
  const result: string[] = [];
  let at = 0;
  for (const line of linesOf(diff)) {
    const header = /^@@ -(\d+)(,0)?/.exec(line);
    if (header !== null) {
      const start = Number(header[1]) - (header[2] === undefined ? 1 : 0);
      result.push(...lines.slice(at, start));
      at = start;
    } else if (line.startsWith("\\")) result.push((result.pop() ?? "").replace(/\n$/, ""));
    else if (line.startsWith("+")) result.push(line.slice(1));
    else {
      if (line.startsWith(" ")) result.push(line.slice(1));
      else result.push("");
      at += 1;
    }
  }
  return [...result, ...lines.slice(at)].join("");
}

function shortestScript(old: readonly string[], fresh: readonly string[]): number {
  let row = fresh.map((_, index) => index + 1);
  row.unshift(0);
  for (const [index, line] of old.entries()) {
    const next = [index + 1];
    for (const [at, other] of fresh.entries()) {
      const kept = line === other ? (row[at] ?? 0) : Infinity;
      next.push(Math.min(kept, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
