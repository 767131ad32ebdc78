import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { amendFile, amendmentLine, amendText, loadPolicyFiles, parseRules } from "../src/index.js";
import { noAbort, rulesOf } from "./rules.js";

const allow = (...pattern: string[]) => ({ type: "prefix", pattern }) as const;

describe("the line", () => {
  test("is written as Codex writes it (exec.md §2.5)", () => {
    expect(amendmentLine(allow("a", 'b "c"')).line).toBe('prefix_rule(pattern=["a", "b \\"c\\""], decision="allow")');
    const network = {
      type: "network",
      host: "X.com:443",
      protocol: "https",
      decision: "deny",
      justification: "no",
    } as const;
    expect(amendmentLine(network).line).toBe(
      'network_rule(host="x.com", protocol="https", decision="deny", justification="no")',
    );
  });

  test("no argument can become syntax", () => {
    const nasty = fc.oneof(
      fc.constantFrom(
        ...'" \' \\ \n \r ] ) [ # , \u2028 \u2029 \x85 \x7f {} \\" """ r" \ufeff \t'.split(" "),
        '"], decision="allow")\nprefix_rule(pattern=["rm',
      ),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.array(nasty).map((parts) => parts.join("")),
          { minLength: 1, maxLength: 4 },
        ),
        (pattern) => {
          const amended = amendText('x = ["a"] # note', allow(...pattern), "f");
          if (pattern.some((word) => /\p{Surrogate}/u.test(word) || word.includes("\0"))) {
            expect(amended.type).toBe("refused");
            return;
          }
          expect(amended.type).toBe("amended");
          const text = amended.type === "amended" ? amended.text : "";
          expect(text.split("\n")).toHaveLength(3);
          expect(rulesOf(text).prefixes).toMatchObject([{ pattern: pattern.map((word) => [word]), decision: "allow" }]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("hosts without a plain spelling and impossible patterns are refused", () => {
    expect(amendmentLine({ type: "network", host: "*.x", protocol: "http", decision: "allow" }).line).toBe(undefined);
    expect(amendmentLine(allow()).line).toBe(undefined);
    expect(amendmentLine(allow(..."a".repeat(65))).line).toBe(undefined);
  });
});

describe("the text", () => {
  test("gets a new line before and after", () => {
    const line = amendmentLine(allow("a")).line ?? "";
    expect(amendText("# x", allow("a"), "f")).toEqual({
      type: "amended",
      text: `# x\n${line}\n`,
      added: `\n${line}\n`,
    });
    expect(amendText("", allow("a"), "f")).toMatchObject({ text: `${line}\n` });
  });

  test("does not get the same line twice", () => {
    const line = amendmentLine(allow("a")).line ?? "";
    expect(amendText(`${line}\r\n`, allow("a"), "f").type).toBe("present");
    expect(amendText(line, allow("a"), "f").type).toBe("present");
    expect(amendText(`# ${line}`, allow("a"), "f").type).toBe("amended");
    expect(amendText(`x = """\n${line}\n"""`, allow("a"), "f").type).toBe("amended");
  });

  test("gets a statement about a host again when a later one took it back", () => {
    const network = { type: "network", host: "a.com", protocol: "http", decision: "allow" } as const;
    const { line = "" } = amendmentLine(network);
    const denied = amendmentLine({ ...network, decision: "deny" }).line ?? "";
    expect(amendText(line, network, "f").type).toBe("present");
    expect(amendText(`${line}\n${denied}`, network, "f").type).toBe("amended");
  });

  test("that is broken or left open is not touched", () => {
    for (const text of ['x = """', "prefix_rule(", "x = [", "nonsense"]) {
      expect(amendText(text, allow("a"), "f")).toMatchObject({
        type: "refused",
        message: expect.stringMatching(/^f:\d+:\d+: /),
      });
    }
  });
});

describe("the file", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "execpolicy-amend-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test("and its folder are made, private, and the rule loads", async () => {
    const path = join(folder, "new", "default.rules");
    expect(await amendFile(path, allow("git", "pull"), noAbort)).toEqual({ type: "written" });
    expect(await amendFile(path, allow("git", "pull"), noAbort)).toEqual({ type: "present" });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await loadPolicyFiles([path], noAbort)).toMatchObject({ type: "loaded" });
  });

  test("keeps its link, its mode and its text", async () => {
    const real = join(folder, "dotfile");
    await writeFile(real, "# mine");
    await chmod(real, 0o640);
    await symlink(real, join(folder, "linked.rules"));
    expect(await amendFile(join(folder, "linked.rules"), allow("a"), noAbort)).toEqual({ type: "written" });
    expect(await readFile(real, "utf8")).toMatch(/^# mine\nprefix_rule/);
    expect((await stat(real)).mode & 0o777).toBe(0o640);
  });

  test("is left alone when it is broken, not UTF-8 or no file, or when the rule is too broad", async () => {
    const path = join(folder, "broken.rules");
    await writeFile(path, "x = [");
    expect((await amendFile(path, allow("a"), noAbort)).type).toBe("refused");
    expect(await readFile(path, "utf8")).toBe("x = [");
    await writeFile(path, Buffer.from([0x23, 0xff]));
    expect((await amendFile(path, allow("a"), noAbort)).type).toBe("refused");
    await mkdir(join(folder, "folder.rules"));
    expect((await amendFile(join(folder, "folder.rules"), allow("a"), noAbort)).type).toBe("refused");
    const broad = join(folder, "broad.rules");
    expect(await amendFile(broad, allow("python3", "-c"), noAbort)).toMatchObject({ type: "refused" });
    await expect(stat(broad)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("keeps every line of several writers in several processes, none torn", { timeout: 60_000 }, async () => {
    const path = join(folder, "shared.rules");
    const writers = 4;
    const lines = 60;
    const program = join(folder, "writer.mjs");
    await bundle(program);
    const run = promisify(execFile);
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        await run(process.execPath, [program, path, String(writer), String(lines)]);
      }),
    );
    const parsed = parseRules(await readFile(path, "utf8"), path);
    const patterns = parsed.type === "parsed" ? parsed.rules.prefixes.map((rule) => rule.pattern.flat().join(" ")) : [];
    const expected = Array.from({ length: writers }, (_, writer) =>
      Array.from({ length: lines }, (__, line) => `w${writer} "]\n${line}`),
    ).flat();
    expect(patterns.filter((pattern) => pattern !== "both").sort()).toEqual(expected.sort());
    expect(patterns.filter((pattern) => pattern === "both").length).toBeGreaterThan(0);
  });
});

/** A program of our source that other processes can run. */
async function bundle(program: string): Promise<void> {
  const source = join(import.meta.dirname, "../src/amend-file.ts");
  const text = `
import { amendFile } from ${JSON.stringify(source)};
const [path, writer, lines] = process.argv.slice(2);
for (let line = 0; line < Number(lines); line += 1) {
  const pattern = ["w" + writer, '"]\\n' + line];
  const done = await amendFile(path, { type: "prefix", pattern }, new AbortController().signal);
  if (done.type !== "written") throw new Error(JSON.stringify(done));
  await amendFile(path, { type: "prefix", pattern: ["both"] }, new AbortController().signal);
}
`;
  const entry = program.replace(/mjs$/, "ts");
  await writeFile(entry, text);
  await build({
    entry: { writer: entry },
    outDir: join(program, ".."),
    outExtension: () => ({ js: ".mjs" }),
    format: "esm",
    noExternal: [/./],
    config: false,
    silent: true,
    esbuildOptions: (options) => {
      options.conditions = ["codex-source"];
    },
  });
}
