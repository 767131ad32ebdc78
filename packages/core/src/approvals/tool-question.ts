import type { CallId, ReviewDecision, TurnContext } from "@codex/protocol";
import type { McpAction } from "./mcp.js";

const ID = "approval";
/** Choices by their labels (core.md §4.3). Nothing else, and no answer, is a yes. */
const CHOICES = [
  { label: "Allow", description: "This call only.", decision: "approved" },
  {
    label: "Allow for this session",
    description: "This tool is not asked about again.",
    decision: "approved_for_session",
  },
  { label: "Decline", description: "The call is not made.", decision: "denied" },
  { label: "Stop", description: "The call is not made, and the turn ends.", decision: "abort" },
] as const satisfies readonly { label: string; description: string; decision: ReviewDecision }[];

export type ToolInquiry = { readonly call_id: CallId; readonly reason: string | undefined };

/** Tools of servers have no question of their own on the wire: the person chooses from a list (core.md §4.3). */
export async function askAboutTool(
  action: McpAction,
  { call_id, reason }: ToolInquiry,
  turn: TurnContext,
): Promise<ReviewDecision> {
  const because = reason === undefined ? "" : ` (${reason})`;
  const question = {
    id: ID,
    header: "Tool call",
    question: `May ${action.server} run its tool ${action.tool}?${because}`,
    isOther: false,
    isSecret: false,
    options: CHOICES.map(({ label, description }) => ({ label, description })),
  };
  const asked = { call_id, turn_id: turn.id, questions: [question] };
  const { answers } = await turn.session.ask("user_input", asked, turn.signal);
  const chosen = answers[ID]?.answers[0];
  return CHOICES.find(({ label }) => label === chosen)?.decision ?? "denied";
}
