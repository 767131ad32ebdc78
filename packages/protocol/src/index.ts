export { describeDenial } from "./action.js";
export type {
  Action,
  Because,
  Consultation,
  Denial,
  Grant,
  Layer,
  NetworkPolicyAmendment,
  NetworkTarget,
  Verdict,
} from "./action.js";
export type { AgentState, AgentStatus, CollabToolCall } from "./agents.js";
export type {
  Asks,
  ExecApprovalRequest,
  PatchApprovalRequest,
  ReviewDecision,
  UserInputRequest,
  UserInputResponse,
  UserQuestion,
} from "./asks.js";
export { ERROR_TABLE, errorInfo, isErrorCode } from "./errors.js";
export type { CodexErrorInfo, ErrorCode, Retry } from "./errors.js";
export type {
  AbortReason,
  CompletionStatus,
  Event,
  EventMsg,
  SessionConfigured,
  SkillsOfFolder,
  WireDuration,
  WithheldVars,
} from "./event.js";
export type { ThreadEvent, ThreadItem, ThreadUsage } from "./exec-json.js";
export { callId, isSessionId, sessionId, submissionId, turnId } from "./ids.js";
export type { CallId, SessionId, SubmissionId, TurnId } from "./ids.js";
export type {
  CompactionItem,
  ContentItem,
  ContentPart,
  CustomToolCallItem,
  CustomToolCallOutputItem,
  FileChange,
  FunctionCallItem,
  FunctionCallOutputItem,
  ImageDetail,
  LocalShellCallItem,
  MessageItem,
  MessagePhase,
  OutputPayload,
  ParsedCommand,
  PlanStep,
  ReasoningItem,
  ResponseItem,
  TextElement,
  UserInput,
  WebSearchAction,
  WebSearchCallItem,
} from "./items.js";
export type { Limits, Price, Prices, RunLimits } from "./limits.js";
export type {
  JsonSchema,
  ModelEvent,
  ModelInfo,
  Prompt,
  ReasoningEffort,
  ReasoningSummary,
  ToolSpec,
  TruncationPolicy,
  Verbosity,
} from "./model.js";
export type { Op, Submission, UndoAsked } from "./op.js";
export type {
  AskForApproval,
  OptionalGuarantee,
  ResolvedPolicy,
  SandboxMode,
  SandboxPolicy,
  WritableRoot,
} from "./policy.js";
export { allowsNetwork, isConfined, isStandIn } from "./policy.js";
export type { ApprovalPolicy, Attempt, Consent, Consents, Guard } from "./ports/approval.js";
export type { Clock } from "./ports/clock.js";
export type {
  ChildHandle,
  Codex,
  CodexDeps,
  CustomPrompt,
  FolderDocs,
  OpenOptions,
  OpenRequest,
  ProjectDocs,
  PromptHistory,
  PromptHistoryEntry,
  SessionContext,
  SessionDeps,
  SessionHandle,
  Skill,
} from "./ports/codex.js";
export type { Credential, Credentials } from "./ports/credentials.js";
export type {
  Captured,
  Environment,
  ExecRequest,
  ExitStatus,
  FileEntry,
  Files,
  OutputChunk,
  Process,
} from "./ports/environment.js";
export type { HookAnswer, HookPoint, Hooks } from "./ports/hooks.js";
export type { ModelClient, ModelProvider } from "./ports/model.js";
export type {
  EventSink,
  SessionLog,
  SessionQuery,
  SessionStore,
  SessionSummary,
  StoredMeta,
  StoredSession,
} from "./ports/session-store.js";
export type {
  Snapshots,
  SnapshotStep,
  UndoChange,
  UndoProblem,
  UndoReport,
  UndoRequest,
  UndoStep,
} from "./ports/snapshots.js";
export type { BackgroundTerminal, BackgroundTerminals } from "./ports/terminals.js";
export type { Tool, ToolCall, ToolContext, ToolOutput, ToolSource } from "./ports/tool.js";
export type { SessionScope, TurnContext } from "./ports/turn.js";
export type { UserCommand, UserCommandEnd, UserShell } from "./ports/user-shell.js";
export type { ReviewFinding, ReviewOutput, ReviewTarget } from "./review.js";
export type {
  CompactedLine,
  HistoryMode,
  RolloutItem,
  RolloutLine,
  RepositoryFacts,
  SessionMeta,
  SessionSource,
  StoredEvent,
  SubagentSource,
  TurnContextLine,
} from "./rollout.js";
export type { TurnOverrides, TurnSettings } from "./settings.js";
export type { TurnItem } from "./turn-items.js";
export { addUsage, countedTokens, NO_USAGE } from "./usage.js";
export type { ModelUse, RateLimitSnapshot, RateLimitWindow, TokenUsage, TokenUsageInfo, ToolUse } from "./usage.js";
