import { resolve } from "node:path";
import type {
  AskForApproval,
  Codex,
  Limits,
  OpenRequest,
  ReasoningEffort,
  ReviewOutput,
  ReviewTarget,
  SandboxMode,
  SessionId,
  SessionQuery,
  SessionSummary,
} from "@codex/protocol";
import { isSessionId } from "@codex/protocol";
import { CodexError } from "@codex/common";
import { parseReview } from "../review/output.js";
import { openReview } from "../review/session.js";
import type { Callbacks } from "./answers.js";
import { CodexSession } from "./session.js";

/** How a session starts. What is left out comes from the configuration, as for `codex`. */
export type SessionOptions = Callbacks & {
  /** Where it works. Default: the directory of this process. */
  readonly cwd?: string;
  /** Default: what the configuration says, or the newest we know. A name nobody knows is asked for all the same. */
  readonly model?: string;
  /** How hard the model thinks: `minimal`, `low`, `medium`, `high`… */
  readonly effort?: ReasoningEffort;
  /** What commands and patches may touch; `workspace-write` is `cwd`, the temporary folders and `writableFolders`. */
  readonly sandboxMode?: SandboxMode;
  /**
   * Further folders to write in, absolute or from `cwd`. Only `workspace-write` reads it. Undo keeps a copy of what is
   * in them before the first change: of gigabytes that takes minutes, unless `undo.enabled` is false.
   */
  readonly writableFolders?: readonly string[];
  /** Whether commands reach the network. Only `workspace-write` reads it. */
  readonly network?: boolean;
  /** Default: what the configuration says when there is an `onApproval`, else `never`: nobody could be asked. */
  readonly approvalPolicy?: AskForApproval;
  /** Held over the session and its sub-agents together; what they reach ends the turn with `limit_reached`. */
  readonly limits?: Limits;
  /** Any other key of config.toml; a table inside it replaces only the keys it names. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Replaces the base instructions. */
  readonly instructions?: string;
  /** Leaves no session file. */
  readonly ephemeral?: boolean;
  /** Stops the opening; the session itself is ended by disposing it. */
  readonly signal?: AbortSignal;
};

/** Codex as a library: the door that faces use, and sessions that run turn by turn. Dispose it to end everything. */
export interface CodexLibrary extends Codex {
  /**
   * A new session. Throws `config_invalid` (the configuration, or no such `cwd`), `sandbox_unavailable`, `file_error`
   * (nothing can be kept), the signal's reason, and `bad_request` once this was disposed.
   */
  start(options?: SessionOptions): Promise<CodexSession>;
  /** Sessions that were kept, newest first; 25 when the query says no number. */
  list(query?: SessionQuery): Promise<readonly SessionSummary[]>;
  /**
   * Goes on with a session that was kept, in `options.cwd`, not where it was. Throws as `start` does, and
   * `session_not_found`, `session_busy` while it is open, `bad_request` for what is no id.
   */
  resume(id: string, options?: SessionOptions): Promise<CodexSession>;
  /** A review in a session of its own, read-only. Rejects as a turn does. */
  review(target: ReviewTarget, options?: ReviewOptions): Promise<ReviewOutput>;
  /** A new session that knows what another one knew, which may be open meanwhile. Throws as `resume` does. */
  fork(id: string, options?: SessionOptions): Promise<CodexSession>;
}

/** The methods of a library over the door; `callbacks` answer where a session brings none. */
export function libraryOver(codex: Codex, callbacks: Callbacks): CodexLibrary {
  const open = async (which: Which, options: SessionOptions = {}): Promise<CodexSession> => {
    const answering = { ...callbacks, ...callbacksOf(options) };
    const handle = await codex.open(requestOf(which, options, answering), options.signal);
    return new CodexSession(handle, answering);
  };
  return {
    ...codex,
    [Symbol.asyncDispose]: () => codex[Symbol.asyncDispose](),
    start: (options) => open({ type: "new" }, options),
    list: (query = {}) => codex.list(query),
    resume: async (id, options) => open({ type: "resume", id: idOf(id) }, options),
    review: (target, options) => review(codex, target, options),
    fork: async (id, options) => open({ type: "fork", id: idOf(id) }, options),
  };
}

/** As for a session; who answers and what may be touched is fixed. */
export type ReviewOptions = Pick<SessionOptions, "cwd" | "model" | "limits" | "config" | "ephemeral" | "signal">;

async function review(codex: Codex, target: ReviewTarget, options: ReviewOptions = {}): Promise<ReviewOutput> {
  const { type: _type, ...request } = requestOf({ type: "new" }, options, {});
  const { session, prompt } = await openReview(codex, target, request, options.signal);
  await using reviewer = new CodexSession(session, {});
  const { signal } = options;
  const { events } = await reviewer.runStreamed(prompt, signal === undefined ? {} : { signal });
  let output: ReviewOutput | null = null;
  for await (const event of events) if (event.type === "exited_review_mode") output = event.review_output;
  return output ?? parseReview("");
}

type Which = { readonly type: "new" } | { readonly type: "resume" | "fork"; readonly id: SessionId };

function idOf(text: string): SessionId {
  if (isSessionId(text)) return text;
  throw new CodexError(
    "bad_request",
    `${JSON.stringify(text)} is no session id; give the UUID of session.id or list()`,
  );
}

const WORKSPACE = "sandbox_workspace_write";

function requestOf(which: Which, options: SessionOptions, { onApproval }: Callbacks): OpenRequest {
  const { model, effort, sandboxMode, writableFolders, network, limits = {}, config, instructions } = options;
  const cwd = resolve(options.cwd ?? process.cwd());
  const approval_policy = options.approvalPolicy ?? (onApproval === undefined ? "never" : undefined);
  const ceilings = Object.entries(limits).map(([name, value]) => [`limits.${name}`, value] as const);
  return {
    ...which,
    settings: {
      cwd,
      ...present("model", model),
      ...present("effort", effort),
      ...present("approval_policy", approval_policy),
    },
    config: {
      ...config,
      ...present("sandbox_mode", sandboxMode),
      ...present(
        `${WORKSPACE}.writable_roots`,
        writableFolders?.map((folder) => resolve(cwd, folder)),
      ),
      ...present(`${WORKSPACE}.network_access`, network),
      ...Object.fromEntries(ceilings),
    },
    ...present("instructions", instructions),
    ephemeral: options.ephemeral === true,
  };
}

function present<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  const made: { [K in Key]?: Value } = {};
  if (value !== undefined) made[key] = value;
  return made;
}

function callbacksOf({ onApproval, onQuestion }: SessionOptions): Callbacks {
  return { ...present("onApproval", onApproval), ...present("onQuestion", onQuestion) };
}
