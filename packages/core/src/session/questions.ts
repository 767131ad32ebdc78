import type { EventMsg, Op, SkillsOfFolder } from "@codex/protocol";
import type { SessionParts } from "./session.js";

/** Ops that ask for something beside the conversation, and change nothing in it. */
export type Question = Extract<
  Op,
  {
    readonly type: "list_background_terminals" | "list_custom_prompts" | "list_skills" | "get_history_entry_request";
  }
>;

/** What a session answers about the files around it. */
export async function answerQuestion(op: Question, parts: SessionParts, cwd: string): Promise<EventMsg> {
  const { context, prompt_history } = parts.deps;
  switch (op.type) {
    case "list_custom_prompts":
      return { type: "list_custom_prompts_response", custom_prompts: await context.customPrompts() };
    case "list_skills":
      return { type: "list_skills_response", skills: await skillsOf(op.cwds ?? [], parts, cwd) };
    case "list_background_terminals":
      return { type: "list_background_terminals_response", terminals: parts.deps.terminals.list() };
    case "get_history_entry_request": {
      const { offset, log_id } = op;
      const entry = await prompt_history.entry(log_id, offset);
      return { type: "get_history_entry_response", offset, log_id, ...(entry === undefined ? {} : { entry }) };
    }
    default:
      return op satisfies never;
  }
}

async function skillsOf(asked: readonly string[], parts: SessionParts, cwd: string): Promise<SkillsOfFolder[]> {
  const folders = asked.length === 0 ? [cwd] : asked;
  const found = folders.map(async (folder) => {
    const usable = await parts.deps.context.skills(folder, parts.scope.signal);
    const skills = usable.map(({ name, description, path, scope }) => ({ name, description, path, scope }));
    return { cwd: folder, skills, errors: [] };
  });
  return Promise.all(found);
}
