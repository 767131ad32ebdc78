import { existsSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePlainScript, type PlainCommand } from "../src/index.js";
import { recordCalls, ZSH, type Shell } from "./real-shell.js";
import { BUILTINS, PROGRAMS, shellScript } from "./shell-scripts.js";

/** `npm run fuzz` sets it to 20,000. */
const RUNS = Number(process.env["CODEX_FUZZ_RUNS"] ?? 1500);
const SEED = Number(process.env["CODEX_FUZZ_SEED"] ?? Date.now() % 1_000_000);

const STUBS: readonly string[] = [...PROGRAMS, ...BUILTINS];

/** The commands that run when stubs named `no…` and `false` fail, and so do programs that do not exist. */
function expectedCalls(commands: readonly PlainCommand[]): readonly (readonly string[])[] {
  const calls: (readonly string[])[] = [];
  let failed = false;
  let running = true;
  for (const { argv, joined } of commands) {
    if (joined === "and") running = !failed;
    else if (joined === "or") running = failed;
    else if (joined !== "pipe") running = true;
    if (!running) continue;
    const [name = ""] = argv;
    const exists = STUBS.includes(name);
    if (exists) calls.push(argv);
    failed = !exists || /^(?:no|false$)/.test(name);
  }
  return calls;
}

function sorted(calls: readonly (readonly string[])[]): readonly string[] {
  return calls.map((call) => JSON.stringify(call)).sort();
}

async function compare(scripts: readonly string[], shell: Shell, locale: string): Promise<number> {
  const accepted = scripts.flatMap((script) => {
    const parsed = parsePlainScript(script, shell);
    return parsed.type === "plain" ? [{ script, expected: sorted(expectedCalls(parsed.commands)) }] : [];
  });
  const recorded = await recordCalls(
    accepted.map(({ script }) => script),
    { shell, locale },
  );
  const wrong = accepted
    .map((each, index) => ({ ...each, ran: sorted(recorded[index] ?? []) }))
    .filter(({ expected, ran }) => JSON.stringify(expected) !== JSON.stringify(ran));
  expect(wrong).toEqual([]);
  return accepted.length;
}

const scripts = fc.sample(shellScript, { numRuns: RUNS, seed: SEED });

test(
  "bash runs exactly the commands that the parser says, for scripts of any syntax",
  { timeout: 900_000 },
  async () => {
    const half = Math.floor(RUNS / 2);
    const accepted =
      (await compare(scripts.slice(0, half), "bash", "C.UTF-8")) + (await compare(scripts.slice(half), "bash", "C"));
    const share = accepted / RUNS;
    console.log(`bash: ${accepted} of ${RUNS} scripts accepted (${Math.round(share * 100)} %), seed ${SEED}`);
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.9);
  },
);

test("sh runs exactly the commands that the parser says", { timeout: 900_000 }, async () => {
  const some = scripts.slice(0, Math.ceil(RUNS / 4));
  const runnable = some.filter((script) => !BUILTINS.some((name) => script.includes(name)));
  const accepted = await compare(runnable, "sh", "C.UTF-8");
  console.log(`sh: ${accepted} of ${runnable.length} scripts accepted, seed ${SEED}`);
  expect(accepted).toBeGreaterThan(runnable.length * 0.3);
});

test("zsh, where it is installed, runs exactly the commands that the parser says", { timeout: 900_000 }, async () => {
  if (!existsSync(ZSH)) {
    console.log("zsh is not installed: its reading was not compared");
    return;
  }
  const accepted = await compare(scripts, "zsh", "C.UTF-8");
  console.log(`zsh: ${accepted} of ${RUNS} scripts accepted, seed ${SEED}`);
  expect(accepted).toBeGreaterThan(RUNS * 0.2);
});

test("the comparison sees a difference", async () => {
  const [calls = []] = await recordCalls(["no1 a && ok1 'b c'; ok2 *1"], { shell: "bash", locale: "C" });
  expect(sorted(calls)).toEqual(
    sorted([
      ["no1", "a"],
      ["ok2", "a1", "b1"],
    ]),
  );
});
