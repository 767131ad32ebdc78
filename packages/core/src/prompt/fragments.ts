import type { MessageItem, ResponseItem } from "@codex/protocol";

/** What the program itself puts into user messages: how it begins and ends (core.md §3.2). Any case. */
const FRAGMENTS: readonly (readonly [start: string, end: string])[] = [
  ["# agents.md instructions", "</instructions>"],
  ["<user_instructions>", "</user_instructions>"],
  ["<environment_context>", "</environment_context>"],
  ["<skill>", "</skill>"],
  ["<user_shell_command>", "</user_shell_command>"],
  ["<turn_aborted>", "</turn_aborted>"],
  ["<subagent_notification>", "</subagent_notification>"],
  ["<context_summary>", "</context_summary>"],
];

/** A message that a person wrote. What the program adds in the user's name does not count. */
export function isUserTurn(item: ResponseItem): item is MessageItem {
  if (item.type !== "message" || item.role !== "user") return false;
  return !item.content.every((part) => part.type === "input_text" && isFragment(part.text));
}

function isFragment(text: string): boolean {
  const trimmed = text.trim().toLowerCase();
  return FRAGMENTS.some(([start, end]) => trimmed.startsWith(start) && trimmed.endsWith(end));
}

const DOCS_HEADER = /^# AGENTS\.md instructions(?: for (.+))?\n/;

/** The directory that an AGENTS.md fragment is about; empty: the user's own file. `undefined`: it is another text. */
export function docsDirectory(text: string): string | undefined {
  const header = DOCS_HEADER.exec(text);
  return header === null ? undefined : (header[1] ?? "");
}

/** An AGENTS.md text as the model gets it. */
export function docsFragment(text: string, directory: string): string {
  return `# AGENTS.md instructions for ${directory}\n\n<INSTRUCTIONS>\n${text}\n</INSTRUCTIONS>`;
}

/** The last AGENTS.md fragment about a directory. */
export function lastDocs(history: readonly ResponseItem[], directory: string): string | undefined {
  for (let index = history.length - 1; index >= 0; index -= 1) {
    const item = history[index];
    if (item?.type !== "message" || item.role !== "user") continue;
    const part = item.content.find((each) => each.type === "input_text" && docsDirectory(each.text) === directory);
    if (part?.type === "input_text") return part.text;
  }
  return undefined;
}

/** All text of a message, parts joined by a newline. */
export function messageText(item: MessageItem): string {
  return item.content.flatMap((part) => (part.type === "input_image" ? [] : [part.text])).join("\n");
}
