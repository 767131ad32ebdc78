import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codex } from "./codex.js";
import { CONFIGURATIONS, FILES, FLAGS, PATCHES, type Mistake } from "./malformed.js";

/** Nothing here is ever asked: the address leads nowhere. */
const CONFIG = `model_provider = "none"\n[model_providers.none]\nname = "none"\nbase_url = "http://127.0.0.1:9/v1"\n`;

let base: string;
let count = 0;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "codex-malformed-"));
});

afterAll(() => rm(base, { recursive: true, force: true }));

async function put(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** Every file with its bytes. */
async function contents(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const read = paths.map(async (path) => [path, (await readFile(path)).toString("base64")] as const);
  return Object.fromEntries(await Promise.all(read));
}

async function run({ argv, home = {}, files = {}, stdin }: Mistake) {
  count += 1;
  const folder = join(base, String(count));
  await put(join(folder, "home"), { "config.toml": CONFIG, ...home });
  await put(join(folder, "work"), { "a.txt": "old\n", ".git/HEAD": "ref: refs/heads/main\n", ...files });
  const before = await contents(folder);
  const env = { CODEX_HOME: join(folder, "home"), HOME: folder };
  const ran = await codex(argv, { cwd: join(folder, "work"), env, ...(stdin === undefined ? {} : { stdin }) });
  return { ...ran, before, after: await contents(folder) };
}

async function check(mistake: Mistake): Promise<void> {
  const { code, stdout, stderr, before, after } = await run(mistake);
  const told = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("Reading "));
  expect(code, stderr).toBeTypeOf("number");
  expect(code).not.toBe(0);
  expect(stdout).toBe("");
  expect(told, stderr).toHaveLength(1);
  expect(told[0]?.length).toBeLessThan(600);
  expect(stderr).not.toMatch(/^\s+at |internal error|\[object|undefined/m);
  expect(after).toEqual(before);
}

const named = (mistakes: readonly Mistake[]) =>
  mistakes.map((mistake, index) => [index, JSON.stringify(mistake).slice(0, 100), mistake] as const);

describe("what is wrong is told in one line, with an exit code, and changes nothing", () => {
  it("covers a hundred inputs", () => {
    expect([...FLAGS, ...CONFIGURATIONS, ...FILES, ...PATCHES].length).toBeGreaterThanOrEqual(100);
  });

  it.concurrent.each(named(FLAGS))("flags %i: %s", (_index, _name, mistake) => check(mistake));
  it.concurrent.each(named(CONFIGURATIONS))("config.toml %i: %s", (_index, _name, mistake) => check(mistake));
  it.concurrent.each(named(FILES))("files %i: %s", (_index, _name, mistake) => check(mistake));
  it.concurrent.each(named(PATCHES))("patches %i: %s", (_index, _name, mistake) => check(mistake));
});
