import type { Codex, Event, EventMsg, OpenOptions, ReviewTarget, SessionHandle, SessionId } from "@codex/protocol";
import { CodexError } from "@codex/common";
import { REVIEW_INSTRUCTIONS, reviewHint, reviewTask } from "./instructions.js";
import { parseReview, reviewText } from "./output.js";

export type Review = {
  /** Its one turn is the review; a face drives it like any other session. */
  readonly session: SessionHandle;
  /** What to submit. */
  readonly prompt: string;
};

/**
 * A session of its own that reviews: read-only, with nobody asked, no web search and no sub-agents. Its events are
 * those of a turn, but of the reviewer's messages the last one is withheld: what it found is told by
 * `exited_review_mode`, and as a text for people (core.md §5.3).
 */
export async function openReview(
  codex: Pick<Codex, "open">,
  target: ReviewTarget,
  options: OpenOptions,
  signal?: AbortSignal,
): Promise<Review> {
  const problem = problemWith(target);
  if (problem !== undefined) throw new CodexError("bad_request", problem);
  const handle = await codex.open(
    {
      instructions: REVIEW_INSTRUCTIONS,
      ...options,
      type: "new",
      source: { subagent: "review" },
      settings: { ...options.settings, approval_policy: "never", sandbox_policy: { type: "read-only" } },
      config: { ...options.config, web_search: "disabled", "features.multi_agent": false, "limits.max_agents": 0 },
    },
    signal,
  );
  const session: SessionHandle = {
    id: handle.id,
    submit: (op) => handle.submit(op),
    events: reviewEvents(handle, target),
    [Symbol.asyncDispose]: () => handle[Symbol.asyncDispose](),
  };
  return { session, prompt: reviewTask(target) };
}

function problemWith(target: ReviewTarget): string | undefined {
  switch (target.type) {
    case "uncommittedChanges":
      return undefined;
    case "baseBranch":
      return isName(target.branch) ? undefined : "say which branch the changes are compared with";
    case "commit":
      return isName(target.sha) ? undefined : "say which commit is to be reviewed";
    case "custom":
      return target.instructions.trim() === "" ? "say what is to be reviewed" : undefined;
    default:
      return target satisfies never;
  }
}

/** A name that starts with a dash would be an option of git. */
function isName(text: string): boolean {
  return text.trim() !== "" && !text.startsWith("-");
}

async function* reviewEvents({ id: session, events }: SessionHandle, target: ReviewTarget): AsyncGenerator<Event> {
  let held: Event[] = [];
  for await (const event of events) {
    const { id, msg } = event;
    if (msg.type === "task_started") {
      yield event;
      yield { id, msg: { type: "entered_review_mode", target, user_facing_hint: reviewHint(target) } };
    } else if (isSpokenItem(msg)) {
      yield* held;
      held = [event];
    } else if (msg.type === "agent_message") {
      held.push(event);
    } else if (msg.type === "turn_aborted") {
      yield { id, msg: { type: "exited_review_mode", review_output: null } };
      yield event;
    } else if (msg.type === "task_complete") {
      yield* ending(id, msg, session);
    } else if (!isProgressOfSpeech(msg)) {
      yield event;
    }
  }
}

type Complete = Extract<EventMsg, { type: "task_complete" }>;

function* ending(id: string, complete: Complete, thread_id: SessionId): Generator<Event> {
  const { turn_id, last_agent_message, error } = complete;
  const output = error === undefined ? parseReview(last_agent_message ?? "") : null;
  yield { id, msg: { type: "exited_review_mode", review_output: output } };
  if (output === null) {
    yield { id, msg: complete };
    return;
  }
  const text = reviewText(output);
  const item = { type: "AgentMessage", id: "review", content: [{ type: "Text", text }] } as const;
  yield { id, msg: { type: "item_completed", thread_id, turn_id, item } };
  yield { id, msg: { type: "agent_message", message: text } };
  yield { id, msg: { ...complete, last_agent_message: text } };
}

function isSpokenItem(message: EventMsg): boolean {
  return message.type === "item_completed" && message.item.type === "AgentMessage";
}

function isProgressOfSpeech(message: EventMsg): boolean {
  if (message.type === "item_started") return message.item.type === "AgentMessage";
  return message.type === "agent_message_content_delta";
}
