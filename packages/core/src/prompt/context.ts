import type { ContentItem, MessageItem, SessionContext, TurnSettings } from "@codex/protocol";
import { environmentContext } from "./environment.js";
import { permissionsInstructions } from "./permissions.js";

export type ContextInput = {
  readonly settings: TurnSettings;
  readonly context: SessionContext;
  /** Epoch milliseconds. */
  readonly now: number;
};

/** What opens a conversation: one developer message and one user message (core.md §3.2, A.3). */
export async function initialContext(input: ContextInput, signal: AbortSignal): Promise<readonly MessageItem[]> {
  const { settings, context } = input;
  const docs = await context.projectDocs(settings.cwd, signal);
  return [
    message("developer", [permissionsText(input), context.developer_instructions]),
    message("user", [docs === "" ? "" : projectDocsText(docs, settings.cwd), environmentText(input)]),
  ].filter((each) => each.content.length > 0);
}

/** What changed since the last turn, as the model has to know it; nothing when nothing did. */
export async function changedContext(
  input: ContextInput,
  before: TurnSettings,
  signal: AbortSignal,
): Promise<readonly MessageItem[]> {
  const { settings, context } = input;
  const messages: MessageItem[] = [];
  const permissions = permissionsText(input);
  if (permissions !== permissionsText({ ...input, settings: before })) {
    messages.push(message("developer", [permissions]));
  }
  if (settings.cwd !== before.cwd) {
    const docs = await context.projectDocs(settings.cwd, signal);
    const text = docs === "" ? "" : projectDocsText(docs, settings.cwd);
    messages.push(message("user", [text, environmentText(input)]));
  }
  return messages.filter((each) => each.content.length > 0);
}

function permissionsText(input: ContextInput): string {
  return input.context.include.permissions ? permissionsInstructions(input.settings) : "";
}

function environmentText(input: ContextInput): string {
  const { shell, timezone, include } = input.context;
  if (!include.environment) return "";
  return environmentContext({ cwd: input.settings.cwd, shell, timezone, now: input.now });
}

function projectDocsText(docs: string, cwd: string): string {
  return `# AGENTS.md instructions for ${cwd}\n\n<INSTRUCTIONS>\n${docs}\n</INSTRUCTIONS>`;
}

function message(role: "developer" | "user", texts: readonly string[]): MessageItem {
  const content = texts.filter((text) => text !== "").map((text): ContentItem => ({ type: "input_text", text }));
  return { type: "message", role, content };
}
