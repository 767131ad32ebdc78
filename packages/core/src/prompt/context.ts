import type { ContentItem, MessageItem, ResponseItem, SessionContext, TurnSettings } from "@codex/protocol";
import { environmentContext, localDate } from "./environment.js";
import { docsFragment, lastDocs } from "./fragments.js";
import type { KnownContext } from "./known-context.js";
import { permissionsInstructions } from "./permissions.js";
import { skillsText } from "./skills.js";

export type ContextInput = {
  readonly settings: TurnSettings;
  readonly context: SessionContext;
  /** Epoch milliseconds. */
  readonly now: number;
};

/** What opens a conversation: one developer message and one user message (core.md §3.2, A.3). */
export async function initialContext(input: ContextInput, signal: AbortSignal): Promise<readonly MessageItem[]> {
  const { settings, context } = input;
  const docs = (await context.projectDocs(settings.cwd, signal)).text;
  const skills = context.include.skills ? skillsText(await context.skills(settings.cwd, signal)) : "";
  return [
    message("developer", [permissionsText(input), context.developer_instructions, skills]),
    message("user", [docs === "" ? "" : docsFragment(docs, settings.cwd), environmentText(input)]),
  ].filter((each) => each.content.length > 0);
}

/** What changed since the last turn, as the model has to know it; nothing when nothing did. */
export async function changedContext(
  input: ContextInput,
  before: KnownContext,
  history: readonly ResponseItem[],
  signal: AbortSignal,
): Promise<readonly MessageItem[]> {
  const { settings, context } = input;
  const switched = settings.model === before.model ? "" : modelSwitch(before.model, settings.model);
  const permissions = permissionsText(input);
  const isPermitted = permissions === permissionsText({ ...input, settings: { ...settings, ...before } });
  const isNewDay = before.current_date !== undefined && before.current_date !== localDate(input.now);
  const isElsewhere = settings.cwd !== before.cwd || isNewDay;
  const docs = newDocs((await context.projectDocs(settings.cwd, signal)).text, { cwd: settings.cwd, before, history });
  return [
    message("developer", [switched, isPermitted ? "" : permissions]),
    message("user", [docs, isElsewhere ? environmentText(input) : ""]),
  ].filter((each) => each.content.length > 0);
}

type ToldDocs = { readonly cwd: string; readonly before: KnownContext; readonly history: readonly ResponseItem[] };

/** AGENTS.md as it has to be told again: after a change of directory, and when the files have changed. */
function newDocs(docs: string, { cwd, before, history }: ToldDocs): string {
  const told = lastDocs(history, before.cwd);
  if (told === undefined && docs === "") return "";
  const now = docsFragment(docs === "" ? "Earlier instructions of AGENTS.md no longer apply." : docs, cwd);
  return told === now && cwd === before.cwd ? "" : now;
}

/** What is kept of the settings, to know later what has changed. */
export function knownContext({ settings, now }: ContextInput): KnownContext {
  const { cwd, model, approval_policy, sandbox_policy } = settings;
  return { cwd, model, approval_policy, sandbox_policy, current_date: localDate(now) };
}

function modelSwitch(before: string, now: string): string {
  return `<model_switch>\nThe user switched from the model ${before} to ${now}. Go on with the work as it stands.\n</model_switch>`;
}

function permissionsText(input: ContextInput): string {
  return input.context.include.permissions ? permissionsInstructions(input.settings) : "";
}

function environmentText(input: ContextInput): string {
  const { shell, timezone, include } = input.context;
  if (!include.environment) return "";
  return environmentContext({ cwd: input.settings.cwd, shell, timezone, now: input.now });
}

function message(role: "developer" | "user", texts: readonly string[]): MessageItem {
  const content = texts.filter((text) => text !== "").map((text): ContentItem => ({ type: "input_text", text }));
  return { type: "message", role, content };
}
