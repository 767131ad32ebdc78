import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import typescript from "typescript";
import { describe, expect, it } from "vitest";
import { importProblem, manifestProblems, PACKAGES } from "../tooling/graph.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const names = readdirSync(join(ROOT, "packages")).filter((name) =>
  existsSync(join(ROOT, "packages", name, "package.json")),
);

type Manifest = Record<string, unknown> & Partial<Record<"dependencies" | "devDependencies", Record<string, string>>>;

function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, "packages", name, "package.json"), "utf8"));
}

function sourcesOf(name: string): readonly string[] {
  return ["src", "test"].flatMap((folder) => {
    const base = join(ROOT, "packages", name, folder);
    if (!existsSync(base)) return [];
    const files = readdirSync(base, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    return files.filter((file) => !file.startsWith("fixtures")).map((file) => join(base, file));
  });
}

function importsOf(file: string): readonly string[] {
  return typescript.preProcessFile(readFileSync(file, "utf8")).importedFiles.map((imported) => imported.fileName);
}

describe("the law of imports", () => {
  it("every package folder is in the table", () => {
    expect(names.filter((name) => PACKAGES[name] === undefined)).toEqual([]);
  });

  it("a package imports only packages of a lower layer", () => {
    const upward = Object.entries(PACKAGES).flatMap(([name, { layer, mayImport }]) =>
      mayImport
        .filter((target) => layer !== undefined && (PACKAGES[target]?.layer ?? Infinity) >= layer)
        .map((target) => `${name} → ${target}`),
    );
    // Neighbours of one layer that the design names; both build alone.
    expect(upward).toEqual(["chatgpt → login"]);
  });

  it.each(names)("packages/%s/package.json names only what the table allows", (name) => {
    expect(manifestProblems(name, manifestOf(name))).toEqual([]);
  });

  it.each(names)(
    "every import in packages/%s is allowed, and each package of ours that it names is declared",
    (name) => {
      const { dependencies, devDependencies } = manifestOf(name);
      const declared = new Set([`@codex/${name}`, ...Object.keys({ ...dependencies, ...devDependencies })]);
      const problems = sourcesOf(name).flatMap((path) => {
        const file = relative(ROOT, path);
        return importsOf(path).flatMap((specifier) => {
          const owner = /^@codex\/[^/]+/.exec(specifier)?.[0];
          const undeclared = owner !== undefined && !declared.has(owner) ? "not in package.json" : undefined;
          const problem = importProblem(file, specifier) ?? undeclared;
          return problem === undefined ? [] : [`${file}: ${specifier}: ${problem}`];
        });
      });
      expect(problems).toEqual([]);
    },
  );
});

describe("the law goes red", () => {
  it("when a package.json names a package above it, even for development", () => {
    expect(
      manifestProblems("apply-patch", { name: "@codex/apply-patch", dependencies: { "@codex/core": "*" } }),
    ).toHaveLength(1);
    expect(manifestProblems("exec", { name: "@codex/exec", devDependencies: { "@codex/core": "*" } })).toHaveLength(1);
    expect(
      manifestProblems("headless", { name: "@codex/headless", dependencies: { "@codex/core": "*" } }),
    ).toHaveLength(1);
  });

  it("when test-support is a dependency of the product, or of the words that it imports itself", () => {
    const support = { "@codex/test-support": "*" };
    expect(manifestProblems("core", { name: "@codex/core", devDependencies: support })).toEqual([]);
    expect(manifestProblems("core", { name: "@codex/core", dependencies: support })).toHaveLength(1);
    expect(manifestProblems("protocol", { name: "@codex/protocol", devDependencies: support })).toHaveLength(1);
    expect(manifestProblems("common", { name: "@codex/common", devDependencies: support })).toHaveLength(1);
  });

  it("when a package of ours is not in the table", () => {
    expect(
      manifestProblems("novelty", { name: "@codex/novelty", dependencies: { "@codex/common": "*" } }),
    ).toHaveLength(1);
    expect(manifestProblems("core", { name: "core" })).toHaveLength(1);
  });

  it.each([
    ["packages/headless/src/run.ts", "@codex/core"],
    ["packages/cli/src/main.ts", "@codex/test-support"],
    ["packages/common/test/queue.test.ts", "@codex/test-support"],
    ["packages/core/src/session/session.ts", "@codex/exec"],
    ["packages/core/src/tools/guard.ts", "../../../exec/src/index.js"],
    ["packages/core/src/tools/guard.ts", "node:child_process"],
    ["packages/core/src/compose.ts", "node:net"],
    ["packages/core/src/sinks/notify.ts", "node:tty"],
    ["packages/core/src/prompt/project-docs.ts", "fs/promises"],
    ["packages/core/src/model/record.ts", "node:fs"],
    ["packages/core/src/model/responses.ts", "node:https"],
    ["packages/config/src/load.ts", "node:child_process"],
    ["packages/cli/src/main.ts", "node:child_process"],
    ["packages/protocol/src/op.ts", "zod/mini"],
    ["packages/tui/src/view/status.ts", "blessed"],
  ])("%s may not import %s", (file, specifier) => {
    expect(importProblem(file, specifier)).toBeTypeOf("string");
  });

  it.each([
    ["packages/headless/src/run.ts", "@codex/protocol"],
    ["packages/headless/test/run.test.ts", "@codex/test-support"],
    ["packages/headless/test/run.test.ts", "node:child_process"],
    ["packages/core/test/codex.test.ts", "@codex/core"],
    ["packages/core/src/compose.ts", "@codex/exec"],
    ["packages/core/src/rollout/store.ts", "node:fs/promises"],
    ["packages/core/src/home/replay-file.ts", "node:fs"],
    ["packages/core/src/model/transport.ts", "node:http"],
    ["packages/exec/src/process.ts", "node:child_process"],
    ["packages/cli/src/host.ts", "node:child_process"],
    ["packages/protocol/src/schema/decode.ts", "zod/mini"],
    ["packages/cli/src/main.ts", "../package.json"],
  ])("%s may import %s", (file, specifier) => {
    expect(importProblem(file, specifier)).toBeUndefined();
  });
});
