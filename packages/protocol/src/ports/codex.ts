import type { RepositoryFacts } from "../rollout.js";
import type { ApprovalPolicy, Consents } from "./approval.js";
import type { Clock } from "./clock.js";
import type { Environment } from "./environment.js";
import type { Hooks } from "./hooks.js";
import type { ModelProvider } from "./model.js";
import type { EventSink, SessionQuery, SessionStore, SessionSummary, StoredSession } from "./session-store.js";
import type { Snapshots } from "./snapshots.js";
import type { BackgroundTerminals } from "./terminals.js";
import type { ToolSource } from "./tool.js";
import type { SessionScope } from "./turn.js";
import type { UserShell } from "./user-shell.js";
import type { Event, WithheldVars } from "../event.js";
import type { SessionId, SubmissionId, TurnId } from "../ids.js";
import type { Op } from "../op.js";
import type { SessionSource } from "../rollout.js";
import type { TurnSettings } from "../settings.js";
import type { Limits, Prices, RunLimits } from "../limits.js";
import type { TokenUsage } from "../usage.js";

/** The door: all a face may touch. */
export interface Codex extends AsyncDisposable {
  /** Throws `session_not_found` and `session_busy` for a session that is to be resumed or forked. */
  open(request: OpenRequest, signal?: AbortSignal): Promise<SessionHandle>;
  /** Newest first. */
  list(query: SessionQuery): Promise<readonly SessionSummary[]>;
  /** The session that was last given this name. */
  named(name: string): Promise<SessionId | undefined>;
  /** What a session's file holds. Throws `session_not_found`. */
  read(id: SessionId): Promise<StoredSession>;
}

export interface SessionHandle extends AsyncDisposable {
  readonly id: SessionId;
  /** Never throws on state; the answer is an event. `id`: a new one for each submission; default: one is made. */
  submit(op: Op, id?: SubmissionId): SubmissionId;
  /** One consumer; ends after `shutdown_complete`. */
  readonly events: AsyncIterable<Event>;
}

/** A session below another one. */
export interface ChildHandle extends SessionHandle {
  /** What it and those below it have used so far. */
  readonly spent: { readonly usage: TokenUsage; readonly cost_usd: number | null };
}

export type OpenRequest = OpenOptions &
  (
    | { readonly type: "new" }
    /** Goes on in the same file. */
    | { readonly type: "resume"; readonly id: SessionId }
    /** A new session that begins with what the other one knew; `before_turn`: before that turn began. */
    | { readonly type: "fork"; readonly id: SessionId; readonly before_turn?: TurnId }
  );

export type OpenOptions = {
  readonly settings?: Partial<TurnSettings>;
  /** What `-c` would set, for this session only. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What may be used from this opening on, beside the limits of the configuration; the one reached first holds. */
  readonly run_limits?: RunLimits;
  readonly source?: SessionSource;
  /** Replaces the base instructions. */
  readonly instructions?: string;
  /** Leaves no session file. */
  readonly ephemeral?: boolean;
  /**
   * The id of a new session, told as soon as the configuration is known to be good; opening may still fail. Not called
   * for one that is resumed or forked: what it goes on from has not been read by then.
   */
  readonly identified?: (id: SessionId) => void;
};

/** Everything the engine is given. */
export interface CodexDeps {
  /** Config, tools and roots depend on the session. */
  session(request: OpenRequest, scope: SessionScope): Promise<SessionDeps>;
  readonly store: SessionStore;
  readonly clock: Clock;
  /** UUIDv7. */
  newId(): string;
  readonly originator: string;
  readonly version: string;
}

/** Disposed at shutdown: servers, containers, processes. */
export interface SessionDeps extends AsyncDisposable {
  readonly settings: TurnSettings;
  /** Base instructions and what opens the conversation. */
  readonly context: SessionContext;
  readonly models: ModelProvider;
  readonly approvals: ApprovalPolicy;
  readonly consents: Consents;
  readonly hooks: Hooks;
  readonly environment: Environment;
  readonly prompt_history: PromptHistory;
  readonly tools: readonly ToolSource[];
  readonly terminals: BackgroundTerminals;
  readonly user_shell: UserShell;
  readonly sinks: readonly EventSink[];
  /** Absent: nothing can be taken back. */
  readonly snapshots?: Snapshots;
  /** Why there are none, in half a sentence. */
  readonly no_snapshots?: string;
  /** What may be used, and what it costs; of a session below another one only the prices count. */
  readonly limits?: Limits;
  readonly prices?: Prices;
  /** Shown as `warning` events once the session is configured. */
  readonly warnings: readonly string[];
  /** Told when the session is configured. */
  readonly withheld_vars?: readonly WithheldVars[];
}

/** What the model is told before the first prompt (core.md §3.2). */
export interface SessionContext {
  /** Base instructions. */
  readonly instructions: string;
  /** The user or the caller wrote them: a resumed session then does not go back to the ones in its file. */
  readonly has_own_instructions: boolean;
  /** Developer text of the user's configuration; empty: none. */
  readonly developer_instructions: string;
  /** AGENTS.md texts from the user's home and from project root to `cwd`. */
  projectDocs(cwd: string, signal: AbortSignal): Promise<ProjectDocs>;
  /** AGENTS.md of folders on the way to these paths that nobody has told of yet; each is given once. */
  docsOnTheWay(paths: readonly string[], cwd: string, signal: AbortSignal): Promise<readonly FolderDocs[]>;
  /** Skills that may be used from `cwd`; none has the name of another. */
  skills(cwd: string, signal: AbortSignal): Promise<readonly Skill[]>;
  /** The user's own prompts, by name. */
  customPrompts(): Promise<readonly CustomPrompt[]>;
  /** Of the repository that holds `cwd`; nothing outside one. */
  repository(cwd: string, signal: AbortSignal): Promise<RepositoryFacts>;
  /** Name of the user's shell: `bash`, `zsh`, `sh`. */
  readonly shell: string;
  /** IANA name. */
  readonly timezone: string;
  /** How a history is summarised (core.md §5.1). */
  readonly compact: {
    /** Tokens in use at which it is; absent: only the model's window counts. */
    readonly token_limit?: number;
    /** Asks for the summary instead of our own text. */
    readonly prompt?: string;
  };
  /** Which of the standing fragments are sent. */
  readonly include: { readonly permissions: boolean; readonly environment: boolean; readonly skills: boolean };
}

export type ProjectDocs = {
  /** Joined; empty: there are none. */
  readonly text: string;
  /** Absolute paths and how many bytes of each are in the text. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
};

export type FolderDocs = { readonly directory: string; readonly text: string };

/** Instructions for one kind of work, read only when they are needed. */
export type Skill = {
  readonly name: string;
  readonly description: string;
  /** Of its SKILL.md, absolute. */
  readonly path: string;
  readonly scope: "user" | "repo";
  /** The whole file; `undefined`: it is gone. */
  read(signal: AbortSignal): Promise<string | undefined>;
};

/** A Markdown file of `$CODEX_HOME/prompts` (tui.md §4.4). */
export type CustomPrompt = {
  readonly name: string;
  readonly path: string;
  readonly content: string;
  readonly description?: string;
  readonly argument_hint?: string;
};

/** What a person typed in earlier sessions: `$CODEX_HOME/history.jsonl` (core.md §5.7). */
export interface PromptHistory {
  /** `log_id` names the file as it is now. */
  facts(): Promise<{ readonly log_id: number; readonly entry_count: number }>;
  append(session: SessionId, text: string): Promise<void>;
  /** By line, from 0; `undefined`: none, or another file. */
  entry(log_id: number, offset: number): Promise<PromptHistoryEntry | undefined>;
}

/** `ts` in epoch seconds. */
export type PromptHistoryEntry = { readonly session_id: string; readonly ts: number; readonly text: string };
