import type { Asks, EventMsg, Op, ReviewDecision, UserInputRequest } from "@codex/protocol";

/**
 * May this run, or be written? `exec`: a command, or with `network_approval_context` a tool's requests to that host;
 * `patch`: changes to files.
 */
export type ApprovalRequest =
  | ({ readonly type: "exec" } & Asks["exec_approval"]["question"])
  | ({ readonly type: "patch" } & Asks["patch_approval"]["question"]);

/** What is asked while a turn runs. The signal ends with the turn. What a callback throws, `run` throws. */
export type Callbacks = {
  /** `approved` and `denied` are enough; the other answers are told in the README. */
  onApproval?(request: ApprovalRequest, signal: AbortSignal): Promise<ReviewDecision> | ReviewDecision;
  /** Answers by id of the question; one that is left out is not answered. */
  onQuestion?(request: UserInputRequest, signal: AbortSignal): Promise<Answers> | Answers;
};

/** By id of the question: an option's label or the person's own words, or several. */
export type Answers = Readonly<Record<string, string | readonly string[]>>;

/** The op that answers a question; `undefined`: the event asks nothing. Rejects with what the callback throws. */
export async function answer(message: EventMsg, callbacks: Callbacks, signal: AbortSignal): Promise<Op | undefined> {
  if (message.type === "exec_approval_request") {
    const decision = await decide({ ...message, type: "exec" }, callbacks, signal);
    return { type: "exec_approval", id: message.approval_id ?? message.call_id, decision };
  }
  if (message.type === "apply_patch_approval_request") {
    const decision = await decide({ ...message, type: "patch" }, callbacks, signal);
    return { type: "patch_approval", id: message.call_id, decision };
  }
  if (message.type !== "request_user_input") return undefined;
  const given = (await callbacks.onQuestion?.(message, signal)) ?? {};
  const answers = Object.fromEntries(
    Object.entries(given).map(([id, said]) => [id, { answers: typeof said === "string" ? [said] : said }]),
  );
  return { type: "user_input_answer", id: message.turn_id, response: { answers } };
}

/** The op that ends a turn whose question could not be answered. */
export function refusal(message: EventMsg): Op {
  if (message.type === "exec_approval_request") {
    return { type: "exec_approval", id: message.approval_id ?? message.call_id, decision: "abort" };
  }
  if (message.type === "apply_patch_approval_request") {
    return { type: "patch_approval", id: message.call_id, decision: "abort" };
  }
  return { type: "interrupt" };
}

const NOBODY = { denied: { rejection: "nobody can be asked in this program" } } as const satisfies ReviewDecision;

function decide(request: ApprovalRequest, { onApproval }: Callbacks, signal: AbortSignal) {
  return onApproval === undefined ? NOBODY : onApproval(request, signal);
}
