import { describe, expect, it } from "vitest";
import { COMMANDS } from "../src/commands.js";
import { codex } from "./codex.js";

/** Words below a command that have a text of their own. */
const BELOW: readonly (readonly string[])[] = [
  ["exec", "resume"],
  ["exec", "fork"],
  ["execpolicy", "check"],
  ["config", "explain"],
  ["config", "get"],
  ["config", "set"],
  ["debug", "prompt"],
  ["debug", "dropped"],
  ["debug", "schema"],
];

describe("--help", () => {
  it.each([...COMMANDS.map(({ words }) => words.slice(0, 1)), ...BELOW])("of codex %s %s", async (...words) => {
    const ran = await codex([...words.filter((word) => word !== undefined), "--help"]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toMatch(new RegExp(`^Usage: codex[ -]${words[0] ?? ""}`));
  });

  it.each([[["demo", "now"]], [["debug", "dropped", "no-id"]], [["debug", "dropped"]]])(
    "is named where %j is not understood",
    async (words) => {
      const ran = await codex(words);
      expect(ran).toMatchObject({ code: 2, stdout: "" });
      expect(ran.stderr).toMatch(/^error: [^\n]*; see codex (demo|debug dropped) --help\n$/);
    },
  );
});
