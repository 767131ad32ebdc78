import type { ApprovalPolicy, Consents } from "./approval.js";
import type { Clock } from "./clock.js";
import type { Environment } from "./environment.js";
import type { ModelProvider } from "./model.js";
import type { EventSink, SessionStore } from "./session-store.js";
import type { ToolSource } from "./tool.js";
import type { SessionScope } from "./turn.js";
import type { Event } from "../event.js";
import type { SessionId, SubmissionId } from "../ids.js";
import type { Op } from "../op.js";
import type { SessionSource } from "../rollout.js";
import type { TurnSettings } from "../settings.js";

/** The door: all a face may touch. */
export interface Codex extends AsyncDisposable {
  open(request: OpenRequest, signal?: AbortSignal): Promise<SessionHandle>;
}

export interface SessionHandle extends AsyncDisposable {
  readonly id: SessionId;
  /** Never throws on state; the answer is an event. */
  submit(op: Op): SubmissionId;
  /** One consumer; ends after `shutdown_complete`. */
  readonly events: AsyncIterable<Event>;
}

export type OpenRequest = OpenOptions & { readonly type: "new" };

export type OpenOptions = {
  readonly settings?: Partial<TurnSettings>;
  /** What `-c` would set, for this session only. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly source?: SessionSource;
  /** Replaces the base instructions. */
  readonly instructions?: string;
  /** Leaves no session file. */
  readonly ephemeral?: boolean;
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
  readonly environment: Environment;
  readonly tools: readonly ToolSource[];
  readonly sinks: readonly EventSink[];
  /** Shown as `warning` events once the session is configured. */
  readonly warnings: readonly string[];
}

/** What the model is told before the first prompt (core.md §3.2). */
export interface SessionContext {
  /** Base instructions. */
  readonly instructions: string;
  /** Developer text of the user's configuration; empty: none. */
  readonly consents: Consents;
  readonly developer_instructions: string;
  /** AGENTS.md texts from the user's home and from project root to `cwd`, joined; empty: none. */
  projectDocs(cwd: string, signal: AbortSignal): Promise<string>;
  /** Name of the user's shell: `bash`, `zsh`, `sh`. */
  readonly shell: string;
  /** IANA name. */
  readonly timezone: string;
  /** Which of the standing fragments are sent. */
  readonly include: { readonly permissions: boolean; readonly environment: boolean };
}
