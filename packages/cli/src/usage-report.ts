import { createPaint } from "@codex/headless";
import type { ToolUse } from "@codex/protocol";
import type { UsageBook, UsageNode, UsageSums, UsageTotal } from "@codex/core";
import { sumTree } from "@codex/core";

export type UsageGroup = "model" | "tool" | "session" | "day";

export const USAGE_GROUPS = ["model", "tool", "session", "day"] as const satisfies readonly UsageGroup[];

/** The same for people and for programs. */
export type Report = { readonly text: string; readonly value: object };

type Row = readonly string[];

const TOKEN_COLUMNS = ["requests", "input", "cached", "output", "reasoning", "cost"];
const TOOL_COLUMNS = ["calls", "failed", "output", "time"];

/** What was used in so many days. */
export function reportPeriod(
  book: UsageBook,
  { by, days }: { readonly by: UsageGroup; readonly days: number },
): Report {
  const { total, skipped, trees } = book;
  const value = { days, turns: total.turns, sessions: trees.length, by, rows: valuesBy(book, by), total: total.total };
  const period = days === 1 ? "last 24 hours" : `last ${days} days`;
  if (total.turns === 0)
    return { text: `${period}: nothing was used\n${skippedText(skipped)}`, value: { ...value, skipped } };
  const head = `${period}: ${count(total.turns, "turn")} of ${count(trees.length, "session")}\n\n`;
  const text = head + tableBy(book, by) + skippedText(skipped);
  return { text, value: { ...value, skipped } };
}

/** A session and its sub-agents. */
export function reportTree(tree: UsageNode, skipped: number): Report {
  const all = sumTree(tree);
  const agents = flatten(tree).length - 1;
  const below = agents === 0 ? "" : `, ${count(agents, "sub-agent")}`;
  const head = `session ${safe(tree.session)}: ${count(all.turns, "turn")}${below}\n\n`;
  const rows = flatten(tree).map(({ node, depth }): Row => {
    const name = depth === 0 ? "itself" : `${"  ".repeat(depth - 1)}sub-agent ${node.session}`;
    return [name, ...tokenCells(node.sums.total)];
  });
  const parts = [
    table(["session", ...TOKEN_COLUMNS], [...rows, ["total", ...tokenCells(all.total)]]),
    modelTable(all),
    toolTable(all),
  ];
  const value = { ...nodeValue(tree), total: all.total, models: modelValues(all), tools: all.tools, skipped };
  return { text: head + parts.filter((part) => part !== "").join("\n") + skippedText(skipped), value };
}

function tableBy(book: UsageBook, by: UsageGroup): string {
  const { total } = book;
  const last: Row = ["total", ...tokenCells(total.total)];
  switch (by) {
    case "model":
      return modelTable(total);
    case "tool":
      return toolTable(total);
    case "day":
      return table(
        ["day", ...TOKEN_COLUMNS],
        [...book.days.map(([day, sums]) => [day, ...tokenCells(sums.total)]), last],
      );
    case "session": {
      const rows = book.trees.map((tree) => [tree.session, ...tokenCells(sumTree(tree).total)]);
      return table(["session", ...TOKEN_COLUMNS], [...rows, last]);
    }
    default:
      return by satisfies never;
  }
}

function valuesBy(book: UsageBook, by: UsageGroup): readonly object[] {
  switch (by) {
    case "model":
      return modelValues(book.total);
    case "tool":
      return book.total.tools;
    case "day":
      return book.days.map(([day, { turns, total }]) => ({ day, turns, ...total }));
    case "session":
      return book.trees.map((tree) => {
        const { turns, last, total } = sumTree(tree);
        return { session: tree.session, turns, last_used: new Date(last).toISOString(), ...total };
      });
    default:
      return by satisfies never;
  }
}

function modelTable(sums: UsageSums): string {
  const rows = sums.models.map(([model, total]) => [model, ...tokenCells(total)]);
  return table(["model", ...TOKEN_COLUMNS], [...rows, ["total", ...tokenCells(sums.total)]]);
}

function toolTable({ tools }: UsageSums): string {
  if (tools.length === 0) return "";
  return table(
    ["tool", ...TOOL_COLUMNS],
    tools.map((use) => [use.tool, ...toolCells(use)]),
  );
}

function modelValues({ models }: UsageSums): readonly object[] {
  return models.map(([model, total]) => ({ model, ...total }));
}

function nodeValue({ session, sums, agents }: UsageNode): object {
  return { session, turns: sums.turns, own: sums.total, agents: agents.map(nodeValue) };
}

type Placed = { readonly node: UsageNode; readonly depth: number };

function flatten(node: UsageNode, depth = 0): readonly Placed[] {
  return [{ node, depth }, ...node.agents.flatMap((agent) => flatten(agent, depth + 1))];
}

function tokenCells({ requests, usage, cost_usd, unpriced_tokens }: UsageTotal): Row {
  const { input_tokens, cached_input_tokens, output_tokens, reasoning_output_tokens } = usage;
  const counts = [requests, input_tokens, cached_input_tokens, output_tokens, reasoning_output_tokens];
  return [...counts.map(shown), costText(cost_usd, unpriced_tokens)];
}

/** A price that nobody knows is no zero. */
function costText(cost_usd: number, unpriced_tokens: number): string {
  const known = `$${cost_usd.toFixed(4)}`;
  if (unpriced_tokens === 0) return known;
  return cost_usd === 0 ? "unknown" : `${known} + unknown`;
}

function toolCells({ calls, failed, output_bytes, duration_ms }: ToolUse): Row {
  return [shown(calls), shown(failed), `${shown(output_bytes)} B`, `${(duration_ms / 1000).toFixed(1)} s`];
}

/** Names on the left, figures on the right. */
function table(head: Row, rows: readonly Row[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => safe(cell)));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  return `${lines.join("\n")}\n`;
}

function skippedText(skipped: number): string {
  if (skipped === 0) return "";
  const are = skipped === 1 ? "is" : "are";
  return `\n${count(skipped, "line")} of the usage file could not be read, and ${are} left out\n`;
}

/** Names come from servers and models: nothing of them reaches the terminal raw. */
function safe(text: string): string {
  return createPaint({ colour: false })("plain", text).replaceAll("\n", " ");
}

function count(number: number, noun: string): string {
  return `${shown(number)} ${noun}${number === 1 ? "" : "s"}`;
}

function shown(number: number): string {
  return number.toLocaleString("en-US");
}
