import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** What `codex` loads before it knows which command was asked for (house rule: a budget, not a stopwatch). */
const BUDGET_BYTES = 60_000;
const TOO_HEAVY = /@modelcontextprotocol|\bundici\b|zod\/(v3|v4\/classic|index)|node-pty|\bblessed\b|packages\/tui\//;

const METAFILE = new URL("../packages/cli/dist/metafile-esm.json", import.meta.url);

type Metafile = {
  outputs: Record<
    string,
    {
      bytes: number;
      imports: readonly { path: string; kind: string; external?: boolean }[];
      inputs: Readonly<Record<string, { bytesInOutput: number }>>;
    }
  >;
};

/** Everything that a static import reaches from `entry`: its bytes, the files inside, the modules left outside. */
function staticGraph({ outputs }: Metafile, entry: string) {
  const graph = { bytes: 0, modules: new Set<string>() };
  const queue = [entry];
  for (const name of queue) {
    const chunk = outputs[name];
    if (chunk === undefined)
      throw new Error(`${name} is not in the metafile, which has ${Object.keys(outputs).join()}`);
    graph.bytes += chunk.bytes;
    for (const [input, { bytesInOutput }] of Object.entries(chunk.inputs)) {
      if (bytesInOutput > 0) graph.modules.add(input);
    }
    for (const { path, kind, external } of chunk.imports) {
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

describe("the start of codex", () => {
  it("loads none of the heavy modules, and less than 60 kB, before the command is known", () => {
    expect(existsSync(METAFILE), "packages/cli is not built with `metafile: true`: run `npm test`, which builds").toBe(
      true,
    );
    const metafile: Metafile = JSON.parse(readFileSync(METAFILE, "utf8"));
    const { bytes, modules } = staticGraph(metafile, "dist/main.js");
    expect(heavyModules(modules)).toEqual([]);
    expect(bytes).toBeLessThan(BUDGET_BYTES);
  });
});

describe("the budget goes red", () => {
  const metafile: Metafile = {
    outputs: {
      "dist/main.js": {
        bytes: 10,
        inputs: {
          "src/main.ts": { bytesInOutput: 10 },
          "../../node_modules/zod/v4/classic/index.js": { bytesInOutput: 0 },
        },
        imports: [
          { path: "dist/shared.js", kind: "import-statement" },
          { path: "dist/tui.js", kind: "dynamic-import" },
        ],
      },
      "dist/shared.js": {
        bytes: 5,
        inputs: { "node_modules/zod/v4/classic/schemas.js": { bytesInOutput: 5 } },
        imports: [
          { path: "dist/main.js", kind: "import-statement" },
          { path: "blessed", kind: "require-call", external: true },
          { path: "node:fs", kind: "import-statement", external: true },
        ],
      },
      "dist/tui.js": { bytes: 99, inputs: { "../../packages/tui/src/app.ts": { bytesInOutput: 99 } }, imports: [] },
    },
  };

  it("when a chunk that main imports holds a heavy module; what is imported lazily does not count", () => {
    const { bytes, modules } = staticGraph(metafile, "dist/main.js");
    expect(bytes).toBe(15);
    expect(heavyModules(modules)).toEqual(["node_modules/zod/v4/classic/schemas.js", "blessed"]);
  });

  it("when the entry is not there", () => {
    expect(() => staticGraph({ outputs: {} }, "dist/main.js")).toThrow("dist/main.js is not in the metafile");
  });
});
