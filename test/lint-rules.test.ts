import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";
import { beforeAll, describe, expect, it } from "vitest";
import { shapes } from "../tooling/lint/shapes.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Real files, so that typed rules have a program; only their text is replaced. */
const SOURCE = "packages/common/src/index.ts";
const TEST = "test/lint-rules.test.ts";

let eslint: ESLint;

beforeAll(() => {
  // A single run would type-check the file on disk instead of the snippet.
  process.env["TSESTREE_SINGLE_RUN"] = "false";
  // Of the whole repository's types the snippets need these alone.
  const languageOptions = { parserOptions: { project: "test/tsconfig.snippets.json" } };
  eslint = new ESLint({ cwd: ROOT, overrideConfig: { files: ["**/*.ts"], languageOptions } });
});

async function rulesHit(code: string, file = SOURCE): Promise<readonly string[]> {
  const [result] = await eslint.lintText(code, { filePath: `${ROOT}${file}` });
  return (result?.messages ?? []).map((message) => message.ruleId ?? message.message);
}

const statements = (count: number): string => "  work();\n".repeat(count);
const WORK = "declare function work(): void;\n";

/** By name, so that tooling/pins.mjs does not count the snippets as ours. */
const [DISABLE, EXPECT_ERROR, IGNORE] = ["eslint-disable-next-line", "@ts-expect-error", "@ts-ignore"];

/** One snippet per rule, wrong in that one way. */
const WRONG: readonly (readonly [rule: string, code: string])[] = [
  ["house/max-lines", `export const list = [\n${"  1,\n".repeat(300)}];\n`],
  ["house/max-lines-per-function", `${WORK}export function long(): void {\n${statements(60)}}\n`],
  [
    "house/max-params",
    "export const sum = (a: number, b: number, c: number, d: number, e: number) => a + b + c + d + e;\n",
  ],
  [
    "house/max-depth",
    `${WORK}export function deep(a: number) {\n  if (a > 1) {\n    if (a > 2) {\n      if (a > 3) {\n        if (a > 4) work();\n      }\n    }\n  }\n}\n`,
  ],
  ["house/max-len", `// ${"word ".repeat(30)}\nexport const a = 1;\n`],
  ["house/no-console", 'console.log("hello");\n'],
  ["house/no-explicit-any", "export const id = (value: any): unknown => value;\n"],
  ["house/no-non-null-assertion", "export const first = (list: readonly string[]) => list[0]!;\n"],
  ["house/no-cast", "export const text = (value: unknown) => value as string;\n"],
  ["house/no-cast", "export const text = (value: unknown) => <string>value;\n"],
  ["house/no-default-export", "export default 1;\n"],
  ["house/no-default-export", "const a = 1;\nexport { a as default };\n"],
  ["house/no-export-all", 'export * from "./queue.js";\n'],
  ["house/no-export-all", 'export * as queue from "./queue.js";\n'],
  ["house/no-boolean-parameter", "export function draw(wide: boolean) {\n  return wide;\n}\n"],
  ["house/no-boolean-parameter", "export const draw = (wide = false) => wide;\n"],
  ["house/no-boolean-parameter", "export const draw = (wide?: boolean | undefined) => wide;\n"],
  ["house/no-boolean-parameter", "export interface Pen {\n  draw(wide: boolean): void;\n}\n"],
  ["house/no-process-env", 'export const home = process.env["HOME"];\n'],
  ["house/no-process-env", 'import { env } from "node:process";\nexport const home = env["HOME"];\n'],
  ["house/no-process-env", "const { env } = process;\nexport const home = env;\n"],
  ["house/no-empty-catch", `${WORK}try {\n  work();\n} catch {\n  // never mind\n}\n`],
  ["house/no-computed-import", "export const load = (name: string): Promise<unknown> => import(name);\n"],
  ["house/no-module-state", "export let count = 0;\n"],
  [
    "house/errors-by-code",
    'import { Broken } from "@codex/x";\nexport const is = (e: unknown) => e instanceof Broken;\n',
  ],
  ["house/no-abbreviation", "export const ctx = 1;\n"],
  ["house/no-abbreviation", "export const readCfg = (path: string) => path;\n"],
  ["house/comments", "// ===== constants =====\nexport const a = 1;\n"],
  ["house/comments", "// Copyright somebody\nexport const a = 1;\n"],
  ["house/comments", `// ${DISABLE} house/no-module-state\nexport let a = 1;\n`],
  ["house/ban-ts-comment", `// ${EXPECT_ERROR}\nexport const a: string = 1;\n`],
  ["house/ban-ts-comment", `// ${IGNORE} because\nexport const a: string = 1;\n`],
  ["house/no-floating-promises", "export function go(work: () => Promise<void>) {\n  work();\n}\n"],
  [
    "house/no-misused-promises",
    "export function go(list: readonly number[], work: () => Promise<void>) {\n  list.forEach(async () => {\n    await work();\n  });\n}\n",
  ],
  [
    "house/switch-exhaustiveness-check",
    'export function name(kind: "a" | "b") {\n  switch (kind) {\n    case "a":\n      return 1;\n    default:\n      return 2;\n  }\n}\n',
  ],
  [
    "house/switch-ends-in-never",
    'export function name(kind: "a" | "b") {\n  switch (kind) {\n    case "a":\n      return 1;\n    case "b":\n      return 2;\n  }\n}\n',
  ],
  ["house/no-unsafe-assignment", 'export const a = JSON.parse("1");\n'],
  ["house/no-unsafe-return", "export const parse = (text: string) => JSON.parse(text);\n"],
  ["house/no-unsafe-argument", "export const parse = (text: string) => encodeURI(JSON.parse(text));\n"],
  ["house/no-unsafe-call", "declare const run: ReturnType<typeof JSON.parse>;\nrun();\n"],
  ["house/no-unsafe-member-access", "declare const box: ReturnType<typeof JSON.parse>;\nvoid box.lid;\n"],
  ["house/imports", 'import type { Config } from "@codex/config";\nexport type A = Config;\n'],
  ["house/imports", 'export const load = () => import("@codex/core");\n'],
  ["house/imports", 'export { a } from "../../protocol/src/index.js";\n'],
  ["house/imports", 'import { spawn } from "child_process";\nexport const run = spawn;\n'],
  ["house/imports", 'export const load = () => process.getBuiltinModule("node:child_process");\n'],
];

describe("each house rule goes red once", () => {
  it.each(WRONG.map(([rule, code]) => [rule, code.slice(0, 60), code] as const))(
    "%s refuses %j",
    async (rule, _, code) => {
      expect(await rulesHit(code)).toContain(rule);
    },
  );

  it("house/no-cycle refuses a file that imports who imports it", async () => {
    const code = 'export { createQueue } from "./index.js";\n';
    expect(await rulesHit(code, "packages/common/src/queue.ts")).toContain("house/no-cycle");
  });

  it("house/file-name refuses a file that names nothing, and one that is not kebab-case", async () => {
    expect(await rulesHit("export const a = 1;\n", "tooling/utils.mjs")).toContain("house/file-name");
    expect(await rulesHit("export const a = 1;\n", "tooling/myThing.mjs")).toContain("house/file-name");
  });

  it("house/no-own-mock refuses a mocked module of ours in a test, and allows others", async () => {
    const mock = (what: string) => `import { vi } from "vitest";\nvi.mock(${what});\n`;
    expect(await rulesHit(mock('"../tooling/graph.mjs"'), TEST)).toContain("house/no-own-mock");
    expect(await rulesHit(mock('import("@codex/common")'), TEST)).toContain("house/no-own-mock");
    expect(await rulesHit(mock('"node:os"'), TEST)).not.toContain("house/no-own-mock");
  });

  it("a disable that disables nothing is refused", async () => {
    const code = `// ${DISABLE} house/no-cast -- habit\nexport const a = 1;\n`;
    expect((await rulesHit(code)).join()).toContain("Unused eslint-disable");
  });

  it("tests may be long in functions, up to 600 lines, and may print", async () => {
    const body = `${WORK}export function long(): void {\n${statements(400)}  console.log(1);\n}\n`;
    expect(await rulesHit(body, TEST)).toEqual([]);
    expect(await rulesHit(`export const list = [\n${"  1,\n".repeat(600)}];\n`, TEST)).toEqual(["house/max-lines"]);
  });

  it("good code passes: const assertions, satisfies, narrowing, assertion functions", async () => {
    const code = [
      'export const kinds = ["a", "b"] as const satisfies readonly string[];',
      "type Kind = (typeof kinds)[number];",
      "export function invariant(condition: boolean): asserts condition {",
      '  if (!condition) throw new TypeError("broken");',
      "}",
      "export function nameOf(kind: Kind): string {",
      "  switch (kind) {",
      '    case "a":',
      '      return "A";',
      '    case "b":',
      '      return "B";',
      "    default:",
      "      return kind satisfies never;",
      "  }",
      "}",
      "export function open(word: string | undefined): number {",
      "  switch (word) {",
      "    case undefined:",
      "      return 0;",
      "    default:",
      "      return word.length;",
      "  }",
      "}",
      "",
    ].join("\n");
    expect(await rulesHit(code)).toEqual([]);
  });
});

describe("the rules as a set", () => {
  it("every rule of the config has a snippet here, and every snippet a rule", async () => {
    const config: { rules: Record<string, unknown> } = await eslint.calculateConfigForFile(`${ROOT}${SOURCE}`);
    const configured = Object.keys(config.rules).filter((rule) => rule.startsWith("house/"));
    const text = readFileSync(new URL("lint-rules.test.ts", import.meta.url), "utf8");
    expect(configured.filter((rule) => !text.includes(rule))).toEqual([]);
    expect(WRONG.map(([rule]) => rule).filter((rule) => !configured.includes(rule))).toEqual([]);
    expect(Object.keys(shapes).filter((shape) => !configured.includes(`house/${shape}`))).toEqual([]);
  });

  it("every message says what to do instead", async () => {
    const [result] = await eslint.lintText("export const first = (list: any, b: number) => list[0]!;\n", {
      filePath: `${ROOT}${SOURCE}`,
    });
    expect(result?.messages.map((message) => message.message).join("\n")).toMatch(/use `unknown` and narrow it/);
  });
});
