import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { readLines, type InputLine } from "../src/json-lines.js";

async function linesOf(chunks: readonly string[], most?: number): Promise<readonly InputLine[]> {
  const lines: InputLine[] = [];
  for await (const line of readLines(Readable.from(chunks.map((chunk) => Buffer.from(chunk, "latin1"))), most)) {
    lines.push(line);
  }
  return lines;
}

it("joins what was cut, also inside a character, and leaves blank lines out", async () => {
  const euro = Buffer.from("€").toString("latin1");
  const chunks = ["a", "b\r\n\n", "", `\n${euro.slice(0, 1)}`, `${euro.slice(1)}\nlast`];
  expect(await linesOf(chunks)).toEqual([
    { number: 1, text: "ab\r" },
    { number: 4, text: "€" },
    { number: 5, text: "last" },
  ]);
});

it("drops a line that is too long, however it comes, and goes on with the next", async () => {
  const long = "x".repeat(7);
  const kept = [{ number: 1 }, { number: 2, text: "ok" }];
  expect(await linesOf([`${long}\nok\n`], 6)).toEqual(kept);
  expect(await linesOf(["xxxx", "xxx", "xx\nok"], 6)).toEqual(kept);
  expect(await linesOf(["ok\n", long], 6)).toEqual([{ number: 1, text: "ok" }, { number: 2 }]);
});
