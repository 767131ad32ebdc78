import type { EventMsg, Op } from "@codex/protocol";
import type { SessionParts } from "./session.js";

/** Ops that ask for something beside the conversation, and change nothing in it. */
export type Question = Extract<
  Op,
  { readonly type: "list_custom_prompts" | "list_skills" | "get_history_entry_request" }
>;

/** What a session answers about the files around it. */
export async function answerQuestion(op: Question, parts: SessionParts, cwd: string): Promise<EventMsg> {
  const { context, prompt_history } = parts.deps;
  switch (op.type) {
    case "list_custom_prompts":
      return { type: "list_custom_prompts_response", custom_prompts: await context.customPrompts() };
    case "list_skills": {
      const found = await context.skills(cwd, parts.scope.signal);
      const skills = found.map(({ name, description, path, scope }) => ({ name, description, path, scope }));
      return { type: "list_skills_response", skills: [{ cwd, skills, errors: [] }] };
    }
    case "get_history_entry_request": {
      const { offset, log_id } = op;
      const entry = await prompt_history.entry(log_id, offset);
      return { type: "get_history_entry_response", offset, log_id, ...(entry === undefined ? {} : { entry }) };
    }
    default:
      return op satisfies never;
  }
}
