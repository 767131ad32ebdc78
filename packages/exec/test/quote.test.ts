import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { quote, quoteAll } from "../src/far/quote.js";

const HOSTILE = [
  "",
  " ",
  "'",
  "''",
  "\\'",
  '"',
  "`id`",
  "$(id)",
  "${HOME}",
  "$n",
  "\n",
  "\n'\n",
  "end\n",
  "\\n",
  "\\",
  "!!",
  "~",
  "*",
  "-n",
  "--",
  "; rm -rf x",
  "a && b",
  "\t\r\u0001\u001b[31m",
  "ünï 🎉",
  "\u0081\u0082\u0088",
  "=x",
  "#",
  "{a,b}",
];

/** The same numbers each time, from a small generator: a failure can be repeated. */
function* numbers(): Generator<number, never> {
  for (let state = 7; ; state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) yield state / 2_147_483_648;
}

function words(count: number): readonly string[] {
  const next = numbers();
  const pick = (below: number): number => Math.floor(next.next().value * below);
  const alphabet = [...HOSTILE, "a", "B", "0", "/", ".", "ß"];
  return Array.from({ length: count }, () =>
    Array.from({ length: pick(8) }, () => alphabet[pick(alphabet.length)]).join(""),
  );
}

const SHELLS = ["/bin/sh", "/bin/bash"];

describe("a quoted word", () => {
  it.each(SHELLS)("is one line, and the same word again for %s", (shell) => {
    const given = [...HOSTILE, ...words(400)];
    const line = quoteAll(given);
    expect(line).not.toContain("\n");
    // by the way that requests go: a line that is read, and evaluated
    const script = "n='\n'; IFS= read -r line; eval \"set -- $line\"; printf '%s\\0' \"$@\"";
    const output = execFileSync(shell, ["-c", script], { input: `${line}\n` }).toString();
    expect(output.split("\0").slice(0, -1)).toEqual(given);
  });

  it("starts nothing", () => {
    expect(quote("'; touch x; '")).toBe(`''\\''; touch x; '\\'''`);
  });
});
