import * as z from "zod/mini";
import type { ReviewDecision, UserInputResponse } from "../asks.js";
import type { CodexErrorInfo } from "../errors.js";
import type { Event, EventMsg } from "../event.js";
import type { ThreadEvent, ThreadItem } from "../exec-json.js";
import type { ResponseItem, UserInput } from "../items.js";
import type { Op, Submission } from "../op.js";
import type { AskForApproval, SandboxPolicy } from "../policy.js";
import type { RolloutItem, RolloutLine } from "../rollout.js";
import type { TurnItem } from "../turn-items.js";
import type { RateLimitSnapshot, TokenUsageInfo } from "../usage.js";
import { reviewDecision, userInputResponse } from "./asks.js";
import { event, eventMessage } from "./event.js";
import { threadEvent, threadItem } from "./exec-json.js";
import { responseItem, turnItem, userInput } from "./items.js";
import { op, submission } from "./op.js";
import { askForApproval, sandboxPolicy } from "./policy.js";
import { rolloutItem, rolloutLine } from "./rollout.js";
import { codexErrorInfo, rateLimitSnapshot, tokenUsageInfo } from "./usage.js";

/** Everything that has a schema, by the name that JSON Schema knows it by. */
export type Words = {
  Submission: Submission;
  Op: Op;
  Event: Event;
  EventMsg: EventMsg;
  ResponseItem: ResponseItem;
  TurnItem: TurnItem;
  UserInput: UserInput;
  ReviewDecision: ReviewDecision;
  UserInputResponse: UserInputResponse;
  SandboxPolicy: SandboxPolicy;
  AskForApproval: AskForApproval;
  CodexErrorInfo: CodexErrorInfo;
  TokenUsageInfo: TokenUsageInfo;
  RateLimitSnapshot: RateLimitSnapshot;
  ThreadEvent: ThreadEvent;
  ThreadItem: ThreadItem;
  RolloutItem: RolloutItem;
  RolloutLine: RolloutLine;
};

/** That each describes its type, no more and no less, is checked by the compiler in test/schema.test.ts. */
export const SCHEMAS = {
  Submission: submission,
  Op: op,
  Event: event,
  EventMsg: eventMessage,
  ResponseItem: responseItem,
  TurnItem: turnItem,
  UserInput: userInput,
  ReviewDecision: reviewDecision,
  UserInputResponse: userInputResponse,
  SandboxPolicy: sandboxPolicy,
  AskForApproval: askForApproval,
  CodexErrorInfo: codexErrorInfo,
  TokenUsageInfo: tokenUsageInfo,
  RateLimitSnapshot: rateLimitSnapshot,
  ThreadEvent: threadEvent,
  ThreadItem: threadItem,
  RolloutItem: rolloutItem,
  RolloutLine: rolloutLine,
} satisfies Record<keyof Words, z.ZodMiniType>;
