import { fieldsOf, listOf } from "@codex/common";
import type { Fields } from "@codex/common";

/** One piece of a request: what it is, where it comes from, and its text. */
export type PromptPart = { readonly what: string; readonly source: string; readonly text: string };

/** A file that may stand in a request, and its text. */
export type SourceFile = { readonly path: string; readonly text: string };

/** Where texts of a request come from, by how they begin. */
const SOURCES: readonly (readonly [start: string, source: string])[] = [
  ["<permissions instructions>", "sandbox and approval settings"],
  ["<skills_instructions>", "skills of CODEX_HOME and project"],
  ["<environment_context>", "directory, shell and clock of this machine"],
  ["<context_summary>", "a compaction"],
  ["<turn_aborted>", "an interrupted turn"],
  ["<model_switch>", "a change of model"],
  ["<skill>", "a skill that the prompt names"],
];

export type ReportFacts = {
  /** Where the base instructions come from. */
  readonly instructions: string;
  readonly developer: string;
  readonly prompt: string;
  readonly files: readonly SourceFile[];
};

/** The parts of a request's body in the order in which the model gets them, tools last. */
export function partsOf(body: unknown, facts: ReportFacts): readonly PromptPart[] {
  const request = fieldsOf(body);
  const base = textOf(request["instructions"]);
  const items = [...listOf(request["input"]), ...listOf(request["messages"])].map(fieldsOf);
  const tools = listOf(request["tools"]).map(fieldsOf);
  return [
    ...(base === "" ? [] : [{ what: "instructions", source: facts.instructions, text: base }]),
    ...items.flatMap((item) => itemParts(item, facts)),
    ...tools.map((tool) => ({ what: `tool ${nameOf(tool)}`, source: "tools", text: JSON.stringify(tool) })),
  ];
}

/** For people: a table of sizes, then every text. A token is taken as four bytes. */
export function renderReport(parts: readonly PromptPart[], body: string): string {
  const rows = parts.map((part, index) => {
    const bytes = Buffer.byteLength(part.text);
    const numbers = [
      String(index + 1).padStart(3),
      String(bytes).padStart(8),
      String(Math.ceil(bytes / 4)).padStart(7),
    ];
    return `${numbers.join(" ")}  ${part.what.padEnd(24)} ${part.source}`;
  });
  const bytes = Buffer.byteLength(body);
  const head = `  #    bytes ~tokens  part                     source`;
  const total = `the whole request: ${bytes} bytes, about ${Math.ceil(bytes / 4)} tokens`;
  const texts = parts.map((part, index) => `\n── ${index + 1} ${part.what} ── ${part.source}\n${part.text}`);
  return `${[head, ...rows, total, ...texts].join("\n")}\n`;
}

function itemParts(item: Fields, facts: ReportFacts): readonly PromptPart[] {
  const { content } = item;
  if (item["role"] === undefined)
    return [{ what: String(item["type"]), source: "the session", text: JSON.stringify(item) }];
  const texts = typeof content === "string" ? [content] : listOf(content).map((part) => textOf(fieldsOf(part)["text"]));
  return texts.map((text) => ({ what: `${String(item["role"])} message`, source: sourceOf(text, facts), text }));
}

function sourceOf(text: string, facts: ReportFacts): string {
  if (text === facts.prompt) return "the prompt";
  if (text === facts.developer) return "developer_instructions of the configuration";
  if (text.startsWith("# AGENTS.md instructions")) {
    const used = facts.files.filter((file) => file.text !== "" && text.includes(file.text));
    return used.map((file) => `${file.path} (${Buffer.byteLength(file.text)})`).join(", ") || "AGENTS.md";
  }
  return SOURCES.find(([start]) => text.startsWith(start))?.[1] ?? "the session";
}

function nameOf(tool: Fields): string {
  return textOf(tool["name"]) || textOf(fieldsOf(tool["function"])["name"]) || textOf(tool["type"]);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
