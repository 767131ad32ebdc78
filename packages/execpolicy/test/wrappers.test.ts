import fc from "fast-check";
import { expect, test } from "vitest";
import {
  amendText,
  assessCommand,
  canonicalCommand,
  createPolicy,
  joinWords,
  NO_RULES,
  readRules,
} from "../src/index.js";

const RUNS = Number(process.env["CODEX_FUZZ_RUNS"] ?? 500);

const word = fc.oneof(
  fc.constantFrom("test", "-v", "--all", "a b", "it's", "src/a.ts", "x=1", "€", "*", "$HOME", '"', ";"),
  fc.stringMatching(/^[a-zA-Z0-9_./:=@%+,-]{1,8}$/),
);
const command = fc
  .tuple(fc.constantFrom("npm", "git", "node", "make", "cargo", "./run"), fc.array(word, { maxLength: 4 }))
  .map(([program, rest]) => [program, ...rest]);

type Wrap = (argv: readonly string[]) => readonly string[];
const script = (argv: readonly string[]): string => joinWords(argv);
const wraps: readonly Wrap[] = [
  (argv) => ["bash", "-lc", script(argv)],
  (argv) => ["/bin/bash", "-c", script(argv)],
  (argv) => ["/usr/bin/sh", "-c", script(argv)],
  (argv) => ["zsh", "-l", "-c", script(argv)],
  (argv) => ["bash", "-lc", `  ${script(argv)} ; `],
  (argv) => ["bash", "-c", `\n${script(argv)}\n`],
  // every word but the program's in double quotes where they change nothing
  ([program = "", ...rest]) => [
    "bash",
    "-c",
    [program, ...rest.map((each) => (/^[\w./-]+$/.test(each) ? `"${each}"` : joinWords([each])))].join("   "),
  ],
];
const wrapping = fc.array(fc.constantFrom(...wraps), { maxLength: 3 });

function wrapped(argv: readonly string[], layers: readonly Wrap[]): readonly string[] {
  return layers.reduce<readonly string[]>((inner, wrap) => wrap(inner), argv);
}

/** What a shell would certainly read as these words: scripts of anything else have keys of their own. */
function isPlain(argv: readonly string[]): boolean {
  return canonicalCommand(["bash", "-c", script(argv)])[0] === argv[0];
}

test("a command has one key however it is wrapped, and no other command has it", () => {
  fc.assert(
    fc.property(command, command, wrapping, wrapping, (argv, other, layers, others) => {
      fc.pre(isPlain(argv) && isPlain(other));
      expect(canonicalCommand(wrapped(argv, layers))).toEqual(argv);
      const isSame = JSON.stringify(argv) === JSON.stringify(other);
      const keys = [wrapped(argv, layers), wrapped(other, others)].map((each) =>
        JSON.stringify(canonicalCommand(each)),
      );
      expect(keys[0] === keys[1]).toBe(isSame);
    }),
    { numRuns: RUNS },
  );
});

test("the rule that is offered for a command covers it in every wrapping", () => {
  const none = createPolicy(NO_RULES);
  let offered = 0;
  fc.assert(
    fc.property(command, wrapping, wrapping, (argv, layers, others) => {
      fc.pre(isPlain(argv));
      const { amendment } = assessCommand({ argv: wrapped(argv, layers), policy: none });
      if (amendment === undefined) return;
      offered += 1;
      const amended = amendText("", { type: "prefix", pattern: amendment }, "default.rules");
      const read = readRules(amended.type === "amended" ? amended.text : "", "default.rules");
      if (read.type === "failed") throw new Error(read.problem.message);
      const policy = createPolicy(read.rules);
      expect(assessCommand({ argv: wrapped(argv, others), policy }).covered).toBe(true);
    }),
    { numRuns: RUNS },
  );
  expect(offered).toBeGreaterThan(RUNS / 10);
});
