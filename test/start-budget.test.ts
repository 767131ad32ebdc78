import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** What runs before the command is known (house rule: a budget, not a stopwatch). */
const BUDGET_BYTES = 60_000;
const TOO_HEAVY = /@modelcontextprotocol|\bundici\b|zod\/(v3|v4\/classic|index)|node-pty|\bblessed\b|\.\.\/tui\//;

/** What a task needs only after its first line, and loads then (compose.ts). */
const LATER = /\bcore\/src\/(tools\/builtin|hooks|undo)\/(source|open)\.ts|node_modules\/openai|^(node:)?https?$/;

const METAFILE = new URL("../packages/cli/dist/metafile-cjs.json", import.meta.url);

type Import = { path: string; kind: string; external?: boolean };

type Metafile = {
  inputs: Record<string, { imports: readonly Import[] }>;
  outputs: Record<string, { inputs: Readonly<Record<string, { bytesInOutput: number }>> }>;
};

/** Everything that runs when `entry` does: its bytes in `output`, the files, the modules left outside. */
function staticGraph({ inputs, outputs }: Metafile, entry: string, output: string) {
  const bundled = outputs[output]?.inputs;
  if (bundled === undefined || inputs[entry] === undefined) {
    throw new Error(`${entry} in ${output} is not in the metafile, which has ${Object.keys(outputs).join()}`);
  }
  const graph = { bytes: 0, modules: new Set<string>() };
  const queue = [entry];
  for (const name of queue) {
    const bytes = bundled[name]?.bytesInOutput ?? 0;
    graph.bytes += bytes;
    if (bytes > 0) graph.modules.add(name);
    for (const { path, kind, external } of inputs[name]?.imports ?? []) {
      if (kind === "dynamic-import") continue;
      if (external === true) graph.modules.add(path);
      else if (!queue.includes(path)) queue.push(path);
    }
  }
  return graph;
}

function heavyModules(modules: Iterable<string>): readonly string[] {
  return [...modules].filter((module) => TOO_HEAVY.test(module));
}

function built(): Metafile {
  const advice = "packages/cli is not built with `metafile: true`: run `npm test`, which builds";
  expect(existsSync(METAFILE), advice).toBe(true);
  return JSON.parse(readFileSync(METAFILE, "utf8"));
}

describe("the start of codex", () => {
  it("runs none of the heavy modules, and less than 60 kB, before the command is known", () => {
    const { bytes, modules } = staticGraph(built(), "src/main.ts", "dist/codex.js");
    expect(heavyModules(modules)).toEqual([]);
    expect(bytes).toBeLessThan(BUDGET_BYTES);
    expect(bytes).toBeGreaterThan(1000);
  });

  it("finds what V8 compiled for it", () => {
    expect(existsSync(new URL("codex.js.cache", METAFILE))).toBe(true);
  });

  it("is read without decoding: the program is ASCII", () => {
    const program = readFileSync(new URL("codex.js", METAFILE));
    expect(program.findIndex((byte) => byte > 0x7f)).toBe(-1);
    expect(program.subarray(0, 10).toString()).toBe("(function(");
  });

  it("runs none of the heavy modules for a task", () => {
    const { modules } = staticGraph(built(), "src/commands/exec.ts", "dist/codex.js");
    expect(heavyModules(modules)).toEqual([]);
  });

  it("runs nothing before a task's first line that only its first request needs", () => {
    const { modules } = staticGraph(built(), "src/commands/exec.ts", "dist/codex.js");
    expect([...modules].filter((module) => LATER.test(module))).toEqual([]);
  });
});

describe("the budget goes red", () => {
  const metafile: Metafile = {
    inputs: {
      "src/main.ts": {
        imports: [
          { path: "src/shared.ts", kind: "import-statement" },
          { path: "../tui/src/app.ts", kind: "dynamic-import" },
        ],
      },
      "src/shared.ts": {
        imports: [
          { path: "src/main.ts", kind: "import-statement" },
          { path: "node_modules/zod/v4/classic/schemas.js", kind: "import-statement" },
          { path: "node_modules/zod/v4/classic/index.js", kind: "import-statement" },
          { path: "blessed", kind: "require-call", external: true },
          { path: "node:fs", kind: "import-statement", external: true },
        ],
      },
      "node_modules/zod/v4/classic/schemas.js": { imports: [] },
      "node_modules/zod/v4/classic/index.js": { imports: [] },
      "../tui/src/app.ts": { imports: [] },
    },
    outputs: {
      "dist/codex.js": {
        inputs: {
          "src/main.ts": { bytesInOutput: 10 },
          "src/shared.ts": { bytesInOutput: 5 },
          "node_modules/zod/v4/classic/schemas.js": { bytesInOutput: 5 },
          "node_modules/zod/v4/classic/index.js": { bytesInOutput: 0 },
          "../tui/src/app.ts": { bytesInOutput: 99 },
        },
      },
    },
  };

  it("when something heavy runs at the start; what is imported lazily, or shaken off, does not count", () => {
    const { bytes, modules } = staticGraph(metafile, "src/main.ts", "dist/codex.js");
    expect(bytes).toBe(20);
    expect(heavyModules(modules)).toEqual(["blessed", "node_modules/zod/v4/classic/schemas.js"]);
  });

  it("when the entry is not there", () => {
    expect(() => staticGraph({ inputs: {}, outputs: {} }, "src/main.ts", "dist/codex.js")).toThrow(
      "not in the metafile",
    );
  });
});
