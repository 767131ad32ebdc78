import { describe, expect, it } from "vitest";
import type { UsageNode } from "../../src/index.js";
import { sumTree, UsageBook } from "../../src/index.js";

type Line = { session: string; parent?: string; at?: string; model?: string; cost?: number | null; tools?: object[] };

function line({ session, parent, at = "2026-11-22T12:00:00Z", model = "m", cost = 0.5, tools = [] }: Line): string {
  const usage = { input_tokens: 100, cached_input_tokens: 40, output_tokens: 20, total_tokens: 120 };
  return JSON.stringify({
    timestamp: at,
    session_id: session,
    ...(parent === undefined ? {} : { parent_session_id: parent }),
    turn_id: "t",
    provider: "p",
    models: [{ model, requests: 2, usage, cost_usd: cost }],
    tools,
  });
}

function book(lines: readonly string[], since?: number): UsageBook {
  const read = new UsageBook({ dayOf: (at) => new Date(at).toISOString().slice(0, 10), ...(since ? { since } : {}) });
  for (const text of lines) read.take(text);
  return read;
}

const shape = ({ session, agents }: UsageNode): unknown => [session, ...agents.map(shape)];

describe("what was used", () => {
  it("is summed by model, and an unknown price is no zero", () => {
    const { total } = book([
      line({ session: "a" }),
      line({ session: "b" }),
      line({ session: "b", model: "n", cost: null }),
    ]);
    const usage = { input_tokens: 200, cached_input_tokens: 80, output_tokens: 40 };
    expect(total.models).toMatchObject([
      ["m", { requests: 4, usage, cost_usd: 1, unpriced_tokens: 0 }],
      ["n", { requests: 2, cost_usd: 0, unpriced_tokens: 80 }],
    ]);
    expect(total.total).toMatchObject({ requests: 6, cost_usd: 1, unpriced_tokens: 80 });
  });

  it("is summed by tool and by day", () => {
    const shell = { tool: "shell", calls: 2, failed: 1, output_bytes: 10, duration_ms: 5 };
    const { total, days } = book([
      line({ session: "a", at: "2026-11-22T23:00:00Z", tools: [shell, { tool: "read_file", calls: 1 }] }),
      line({ session: "a", at: "2026-11-21T23:00:00Z", tools: [shell] }),
    ]);
    expect(total.tools).toEqual([
      { tool: "shell", calls: 4, failed: 2, output_bytes: 20, duration_ms: 10 },
      { tool: "read_file", calls: 1, failed: 0, output_bytes: 0, duration_ms: 0 },
    ]);
    expect(days.map(([day, sums]) => [day, sums.turns])).toEqual([
      ["2026-11-21", 1],
      ["2026-11-22", 1],
    ]);
  });

  it("is a tree of sessions, also where the one above has no line of its own yet", () => {
    const read = book([
      line({ session: "b", parent: "a" }),
      line({ session: "c", parent: "b" }),
      line({ session: "d" }),
      line({ session: "c", parent: "b" }),
    ]);
    expect(read.trees.map(shape)).toEqual([["a", ["b", ["c"]]], ["d"]]);
    expect(read.tree(undefined)).toMatchObject({ session: "a", sums: { turns: 0 } });
    expect(read.tree("b")?.agents).toHaveLength(1);
    expect(read.tree("nobody")).toBeUndefined();
    const [first] = read.trees;
    expect(first === undefined ? 0 : sumTree(first).total.requests).toBe(6);
  });

  it("ends where a file says that sessions opened each other", () => {
    const read = book([line({ session: "a", parent: "b" }), line({ session: "b", parent: "a" })]);
    expect(read.tree("a")).toMatchObject({ session: "a", agents: [{ session: "b", agents: [] }] });
    expect(read.trees.length).toBeGreaterThan(0);
  });

  it("leaves out what is older, and counts what nobody can read", () => {
    const old = line({ session: "a", at: "2026-11-01T00:00:00Z" });
    const torn = line({ session: "a" }).slice(0, -9);
    const lines = [old, line({ session: "b" }), torn, "null", "[]", '{"timestamp":"x","session_id":"a","models":[]}'];
    const read = book(lines, Date.parse("2026-11-20T00:00:00Z"));
    expect(read.total.turns).toBe(1);
    expect(read.skipped).toBe(4);
  });
});
