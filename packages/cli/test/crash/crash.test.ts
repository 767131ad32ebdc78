import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { mockProviderConfig, temporaryFolder, temporaryHome, workspace } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { codex } from "../codex.js";
import { careful, doneText } from "./careful-model.js";

const STEPS = 14;
const DIE = fileURLToPath(new URL("./die-after-writes.mjs", import.meta.url));
const SANDBOX = ["-s", "danger-full-access"];

/** `CODEX_CRASH_WRITES=1-200 CODEX_CRASH_STEPS=70`: the whole table. Default: every fifth write of a short run. */
const { CODEX_CRASH_WRITES = "", CODEX_CRASH_STEPS = String(STEPS) } = process.env;
const steps = Number(CODEX_CRASH_STEPS);

function writes(): readonly number[] {
  const [first = "1", last = "41"] = CODEX_CRASH_WRITES === "" ? [] : CODEX_CRASH_WRITES.split("-");
  const all = Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index);
  return CODEX_CRASH_WRITES === "" ? all.filter((write) => write % 5 === 1) : all;
}

type Result = {
  readonly code: unknown;
  readonly tree: readonly string[];
  readonly effects: readonly string[];
  /** What each step came to, in order, as the session file has it. */
  readonly finished: readonly string[];
  readonly message: string;
};

/** Runs the task, killed after a write and resumed when a number is given. */
async function run(kill: number | undefined): Promise<Result> {
  await using outside = await temporaryFolder("effects-");
  const effects = path.join(outside.path, "effects");
  await using model = await careful(steps, effects);
  await using home = await temporaryHome({ config: mockProviderConfig(model.url) });
  await using project = await workspace({ git: true });
  const options = { cwd: project.path, env: { CODEX_HOME: home.path } };
  const dying = { NODE_OPTIONS: `--import ${DIE}`, CODEX_TEST_DIE_AFTER: String(kill) };
  const env = kill === undefined ? options.env : { ...options.env, ...dying };
  let ran = await codex(["exec", ...SANDBOX, "do all steps"], { ...options, env });
  if (kill !== undefined) {
    expect(ran.code).toBe("SIGKILL");
    ran = await codex(["exec", ...SANDBOX, "resume", "--last", "go on"], options);
  }
  const tree = readdirSync(project.path).filter((name) => name !== ".git");
  const lines = (await outside.read("effects"))?.trimEnd().split("\n") ?? [];
  return { code: ran.code, tree, effects: lines, finished: finished(home.path), message: ran.stdout };
}

function finished(home: string): readonly string[] {
  const files = readdirSync(home, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jsonl"));
  const outputs = files.flatMap((name) =>
    readFileSync(path.join(home, name), "utf8")
      .split("\n")
      .filter((line) => /"type":"(function|custom_tool)_call_output"/.test(line)),
  );
  const wanted = Array.from({ length: steps }, (_, index) => doneText(index + 1));
  return outputs.flatMap((line) => wanted.filter((text) => line.includes(`${text}"`) || line.includes(`${text}\\n`)));
}

describe("a run that is killed after any write", async () => {
  const whole = await run(undefined);

  it("does every step once when nothing happens", () => {
    expect(whole).toMatchObject({ code: 0, message: "all steps are done\n" });
    expect(whole.effects).toEqual(Array.from({ length: Math.ceil(steps / 2) }, (_, index) => String(index * 2 + 1)));
    expect(whole.finished).toHaveLength(steps);
  });

  it.each(writes())("%d is resumed to the same end: nothing is lost, nothing is done twice", async (write) => {
    expect(await run(write)).toEqual(whole);
  });
});
