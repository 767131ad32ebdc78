import type { Tool, UserQuestion } from "@codex/protocol";
import * as z from "zod/mini";
import { defineTool, failure, success } from "../define.js";

const option = z.object({
  label: z.string().check(z.describe("A few words.")),
  description: z.string().check(z.describe("What choosing it brings.")),
});

const parameters = z.object({
  questions: z
    .array(
      z.object({
        id: z.string().check(z.describe("Name of the answer.")),
        header: z.string().check(z.describe("A word or two that stand for the question.")),
        question: z.string(),
        options: z.array(option).check(z.minLength(2), z.maxLength(3)),
      }),
    )
    .check(z.minLength(1), z.maxLength(3)),
});

/** `request_user_input`: up to three questions to the person (core.md §4.2). Where nobody can be asked, it says so. */
export const requestUserInputTool: Tool = defineTool({
  name: "request_user_input",
  description:
    "Asks the user up to three questions with two or three answers to choose from; they may also write their own. " +
    "Only for decisions that are theirs and that the work depends on.",
  parameters,
  async run(args, call, { turn, signal }) {
    if (turn.settings.approval_policy === "never") {
      return failure("request_user_input is unavailable: nobody can be asked in this session");
    }
    const questions = args.questions.map((asked): UserQuestion => ({ ...asked, isOther: true, isSecret: false }));
    const question = { call_id: call.call_id, turn_id: turn.id, questions };
    const response = await turn.session.ask("user_input", question, signal);
    if (Object.keys(response.answers).length === 0) return failure("the user did not answer");
    return success(JSON.stringify(response));
  },
});
