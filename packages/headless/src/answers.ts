import type { EventMsg, ExecApprovalRequest, Op } from "@codex/protocol";
import { shellJoin } from "./quote.js";

/** The answer to a question of the session, and what to tell whoever reads the run. */
export type Refusal = { readonly op: Op; readonly text: string };

/** Nobody sits before this face: every question is denied. `undefined`: the event asks nothing. */
export function refuse(message: EventMsg): Refusal | undefined {
  if (message.type === "exec_approval_request") {
    const id = message.approval_id ?? message.call_id;
    return {
      op: { type: "exec_approval", id, decision: "denied" },
      text: `denied, since codex exec has nobody to ask: ${subjectOf(message)}`,
    };
  }
  if (message.type === "apply_patch_approval_request") {
    const paths = Object.keys(message.changes).join(", ");
    return {
      op: { type: "patch_approval", id: message.call_id, decision: "denied" },
      text: `denied, since codex exec has nobody to ask: changes to ${paths}`,
    };
  }
  if (message.type === "request_user_input") {
    const asked = message.questions.map(({ question }) => question).join(" ");
    return {
      op: { type: "user_input_answer", id: message.turn_id, response: { answers: {} } },
      text: `not answered, since codex exec has nobody to ask: ${asked}`,
    };
  }
  return undefined;
}

function subjectOf({ command, network_approval_context: target }: ExecApprovalRequest): string {
  return target === undefined ? shellJoin(command) : `${target.protocol} requests to ${target.host}`;
}
