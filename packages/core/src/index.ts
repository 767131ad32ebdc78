export { createCodex } from "./compose.js";
export type { CodexOptions } from "./codex-options.js";
export type { Answers, ApprovalRequest, Callbacks } from "./embed/answers.js";
export type { CodexLibrary, ReviewOptions, SessionOptions } from "./embed/library.js";
export type { SessionPorts } from "./embed/ports.js";
export { CodexSession } from "./embed/session.js";
export type { Input, RunOptions, TypedRunOptions } from "./embed/session.js";
export { TurnFailed } from "./embed/turn.js";
export { isCodexFailure } from "./embed/failure.js";
export type { CodexFailure } from "./embed/failure.js";
export type { OutputSchema } from "./embed/output-schema.js";
export type { UndoOptions, UndoOutcome } from "./embed/undo.js";
export { parseReview, reviewText } from "./review/output.js";
export { openReview } from "./review/session.js";
export type { Review } from "./review/session.js";
export type { StreamedTurn, TurnResult, TypedTurnResult } from "./embed/turn.js";
export { createEngine } from "./codex.js";
export type { Explanation, LayerVerdict } from "./approvals/explain.js";
export { refusalText } from "./approvals/refusal.js";
export { explainFor } from "./approvals/explain-session.js";
export type { ExplainRequest } from "./approvals/explain-session.js";
export { explainHistory, historyText } from "./approvals/explain-history.js";
export type { HistoryChange, HistoryReport, HistoryRequest, PolicyOutcome } from "./approvals/explain-history.js";
export { explanationText } from "./approvals/explain-text.js";
export { failure, success } from "./tools/define.js";
export type { SafeParser } from "./tools/define.js";
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
export { sumTree, UsageBook } from "./usage/book.js";
export type { UsageNode } from "./usage/book.js";
export type { UsageSums, UsageTotal } from "./usage/sums.js";
export { listDropped } from "./rollout/dropped.js";
export type { Dropped } from "./rollout/dropped.js";
export type { Config, Env, LoadOptions } from "@codex/config";
/** The words of `@codex/protocol` that signatures here use, for programs that depend on this package alone. */
export type {
  ApprovalPolicy,
  AskForApproval,
  Because,
  Clock,
  Codex,
  CodexDeps,
  CodexErrorInfo,
  Consents,
  ContentPart,
  Credential,
  Credentials,
  Denial,
  Environment,
  ErrorCode,
  Event,
  EventMsg,
  EventSink,
  ExecApprovalRequest,
  ExecRequest,
  ExitStatus,
  FileChange,
  FileEntry,
  Files,
  Grant,
  Guard,
  Hooks,
  JsonSchema,
  Limits,
  ModelClient,
  ModelEvent,
  ModelInfo,
  ModelProvider,
  ModelUse,
  Op,
  OpenRequest,
  PatchApprovalRequest,
  Price,
  Prices,
  Process,
  Prompt,
  PromptHistory,
  ReasoningEffort,
  ResolvedPolicy,
  ResponseItem,
  ReviewDecision,
  ReviewFinding,
  ReviewOutput,
  ReviewTarget,
  SandboxMode,
  SandboxPolicy,
  SessionContext,
  SessionDeps,
  SessionHandle,
  SessionId,
  SessionLog,
  SessionMeta,
  SessionQuery,
  SessionScope,
  SessionStore,
  SessionSummary,
  StoredSession,
  TokenUsage,
  Tool,
  ToolCall,
  ToolContext,
  ToolOutput,
  ToolSource,
  ToolSpec,
  ToolUse,
  TurnContext,
  TurnItem,
  TurnSettings,
  UndoReport,
  UndoStep,
  UserInput,
  UserInputRequest,
  Verdict,
} from "@codex/protocol";
