/** Argument lists from a grammar that bends, against a second reading of what `--help` says. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import fc from "fast-check";
import { expect, it } from "vitest";

import { findHelper } from "../src/index.js";
import { buildHelper, createFolder, describeSandbox } from "./support/sandbox.js";

const helper = buildHelper();
const folder = createFolder();
const RUNS = Number(process.env["CODEX_FUZZ_RUNS"] ?? "500");

const WITH_PATH = ["--write", "--read-only", "--deny"];
const ALONE = ["--network", "--without-namespaces"];

function isCanonical(path: string | undefined): boolean {
  if (path === undefined || Buffer.byteLength(path) > 4095) return false;
  return path === "/" || /^(?:\/(?!\.{1,2}(?:\/|$))[^/]+)+$/s.test(path);
}

function isNumber(text: string | undefined, most: number): boolean {
  return text !== undefined && /^\d+$/.test(text) && Number(text) <= most;
}

/** Is this a list that the helper may act on? */
function isWellFormed([mode = "", ...words]: readonly string[]): boolean {
  const takes = mode === "run" || mode === "unconfined";
  if (!takes && mode !== "files") return false;
  const end = optionsEnd(mode, words);
  if (end === undefined || takes !== end.at < words.length) return false;
  if (takes && words.length < end.at + 2) return false;
  const has_namespaces = !words
    .slice(0, end.at)
    .some((word, at) => word === "--without-namespaces" && end.starts.has(at));
  return end.closed.every((path) => has_namespaces && path !== "/");
}

type End = { readonly at: number; readonly closed: readonly string[]; readonly starts: ReadonlySet<number> };

function optionsEnd(mode: string, words: readonly string[]): End | undefined {
  const starts = new Set<number>();
  const closed: string[] = [];
  let at = 0;
  while (at < words.length && words[at] !== "--") {
    const [word = "", value] = words.slice(at, at + 2);
    starts.add(at);
    const is_policy = mode !== "unconfined";
    if (word === "--tty" || (is_policy && ALONE.includes(word))) {
      at += 1;
      continue;
    }
    const is_path = word === "--cwd" || (is_policy && WITH_PATH.includes(word));
    const good = is_path ? isCanonical(value) : isNumber(value, word === "--status-fd" ? 1023 : 0x7fffffff);
    if (!good || !(is_path || word === "--status-fd" || word === "--parent")) return undefined;
    if (value !== undefined && (word === "--read-only" || word === "--deny")) closed.push(value);
    at += 2;
  }
  return { at, closed, starts };
}

type Ended = { readonly code: number | null; readonly stdout: string; readonly told: string };

async function start(words: readonly string[]): Promise<Ended> {
  const child = spawn(helper, words, { cwd: "/", env: { PATH: "/usr/bin:/bin" }, stdio: ["ignore", "pipe", "pipe"] });
  const code = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [ended, stdout, told] = await Promise.all([code, text(child.stdout), text(child.stderr)]);
  return { code: ended, stdout, told };
}

const good_path = fc.constantFrom("/", folder, join(folder, "a"), join(folder, "a b"), join(folder, "é"));
const bad_path = fc.constantFrom("", "a", "./a", `${folder}/`, `${folder}//a`, `${folder}/../a`, `${folder}/.`, "//");
const long_path = fc.constantFrom(4094, 4095, 4096, 100_000).map((size) => `/${"x".repeat(size - 1)}`);
const path = fc.oneof({ weight: 8, arbitrary: good_path }, { weight: 2, arbitrary: bad_path }, long_path);
const number = fc.constantFrom("0", "2", "1024", String(process.pid), "2147483648", "-1", "+2", "2 ", "x", "");
const noise = fc.string({ unit: "binary", maxLength: 12 }).map((word) => word.replaceAll("\0", ""));
const option = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...WITH_PATH, "--cwd"), path) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom("--parent", "--status-fd"), number) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...ALONE, "--tty")) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom("--pipe", "--status-fd", "--write", "--Write", "--write=/")) },
  { weight: 1, arbitrary: fc.tuple(noise) },
);
const list = fc
  .tuple(
    fc.constantFrom("run", "run", "run", "unconfined", "files", "", "RUN"),
    fc.array(option, { maxLength: 4 }),
    fc.constantFrom<readonly string[]>(["--", "echo", "ran"], ["--", "echo", "ran"], ["--"], [], ["echo", "ran"]),
  )
  .map(([mode, options, tail]) => [mode, ...options.flat(), ...tail]);

describeSandbox("argument lists", () => {
  it(`that are not whole start nothing, in ${RUNS} made-up ones`, { timeout: 30_000 + RUNS * 100 }, async () => {
    expect(helper).toBe(findHelper());
    const count = { started: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(list, async (words) => {
        const { code, stdout, told } = await start(words);
        if (isWellFormed(words)) {
          // what is well said may still be impossible here: a root that does not exist, another parent
          expect([0, 125, 127]).toContain(code);
          expect(stdout).toBe(code === 0 && words[0] !== "files" ? "ran\n" : "");
          count.started += code === 0 ? 1 : 0;
        } else {
          count.refused += 1;
          expect({ code, stdout: stdout.replace(/^\{.*"stage":"options".*\}\n$/, "") }).toEqual({
            code: 125,
            stdout: "",
          });
          expect(told === "" || told.startsWith("{") || told.startsWith("codex-linux-sandbox: ")).toBe(true);
        }
      }),
      { seed: 4, numRuns: RUNS },
    );
    expect(Math.min(count.started, count.refused)).toBeGreaterThan(RUNS / 20);
  });
});
