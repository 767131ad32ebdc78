export { createCodex } from "./compose.js";
export type { CodexOptions } from "./codex-options.js";
export type { Answers, ApprovalRequest, Callbacks } from "./embed/answers.js";
export type { CodexLibrary, ReviewOptions, SessionOptions } from "./embed/library.js";
export type { SessionPorts } from "./embed/ports.js";
export { CodexSession } from "./embed/session.js";
export type { Input, RunOptions } from "./embed/session.js";
export { TurnFailed } from "./embed/turn.js";
export { parseReview, reviewText } from "./review/output.js";
export { openReview } from "./review/session.js";
export type { Review } from "./review/session.js";
export type { StreamedTurn, TurnResult } from "./embed/turn.js";
export { createEngine } from "./codex.js";
export type { Explanation, LayerVerdict } from "./approvals/explain.js";
export { refusalText } from "./approvals/refusal.js";
export { explainFor } from "./approvals/explain-session.js";
export type { ExplainRequest } from "./approvals/explain-session.js";
export { explainHistory, historyText } from "./approvals/explain-history.js";
export type { HistoryChange, HistoryReport, HistoryRequest, PolicyOutcome } from "./approvals/explain-history.js";
export { explanationText } from "./approvals/explain-text.js";
export { failure, success } from "./tools/define.js";
export { defineTool } from "./tools/embedded.js";
export type { EmbeddedDefinition, EmbeddedTool, JsonSchemaDefinition } from "./tools/embedded.js";
export { findLocalServers, listLocalModels, prepareLocalModel } from "./model/oss.js";
export { LOCAL_DEFAULT_MODELS, LOCAL_PROVIDERS } from "./model/local-server.js";
export type {
  LocalModelOptions,
  LocalProvider,
  LocalServer,
  ProgramRunner,
  PullProgress,
} from "./model/local-server.js";
export { listDropped } from "./rollout/dropped.js";
export type { Dropped } from "./rollout/dropped.js";
/** The words of `@codex/protocol` that an embedder meets first. */
export type {
  ApprovalPolicy,
  Codex,
  Credentials,
  Environment,
  EventMsg,
  EventSink,
  Hooks,
  Limits,
  ModelClient,
  ModelEvent,
  ModelInfo,
  ModelProvider,
  Op,
  Prompt,
  ReviewDecision,
  SessionHandle,
  SessionStore,
  Tool,
  ToolContext,
  ToolOutput,
  ToolSource,
  TurnItem,
  UserInput,
} from "@codex/protocol";
