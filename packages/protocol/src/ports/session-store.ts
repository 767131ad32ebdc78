import type { Event } from "../event.js";
import type { SessionId } from "../ids.js";
import type { HistoryMode, RolloutItem, RolloutLine, SessionMeta, SessionSource } from "../rollout.js";

/** Who listens to a session besides its face. */
export interface EventSink {
  /** Never throws, never blocks. */
  write(event: Event): void;
  close(): Promise<void>;
}

export interface SessionStore {
  /** Makes nothing on disk before the first user message (core.md §5.4). */
  create(id: SessionId, meta: SessionMeta): Promise<SessionLog>;
  /** What a session holds, and the log that continues it. Throws `session_not_found`, `session_busy`, `file_error`. */
  load(id: SessionId): Promise<StoredSession & { readonly log: SessionLog }>;
  /** What a session holds, also while somebody writes it. Throws `session_not_found`, `file_error`. */
  read(id: SessionId): Promise<StoredSession>;
  /** Newest first. Reads the files themselves: there is no index that could be wrong (core.md §5.6). */
  list(query: SessionQuery): Promise<readonly SessionSummary[]>;
  /** The session that was last given this name; `undefined`: none was. */
  named(name: string): Promise<SessionId | undefined>;
}

export type StoredSession = {
  /** Absolute. */
  readonly path: string;
  readonly meta: StoredMeta;
  /** In order, from the first session of its lineage on; read as it is asked for. May be read once. */
  readonly lines: Iterable<RolloutLine>;
};

/** What is told of a session's first line; everything may be missing in a torn file. */
export type StoredMeta = Partial<Omit<SessionMeta, "base_instructions" | "source" | "history_mode">> & {
  readonly base_instructions?: string;
};

export interface SessionLog {
  /** Absolute; absent for a session that leaves no file. */
  readonly path: string | undefined;
  /** How its events are written. For a loaded session known once its lines are read. */
  readonly mode: HistoryMode;
  /** Returns after write(2): a face never sees what the log could lose. */
  append(item: RolloutItem): void;
  /** The same for a line of another session, as it is but for its ordinal. */
  appendCopy(line: RolloutLine): void;
  close(): Promise<void>;
}

/** Everything may be left out: the newest sessions of all folders. */
export type SessionQuery = {
  /** Default: 25. */
  readonly limit?: number;
  /** `cursor` of the last session of the page before. */
  readonly after?: string;
  /** Default: `updated`. */
  readonly order?: "created" | "updated";
  /** Only sessions that last worked in this directory. */
  readonly cwd?: string;
  /** Only sessions of this provider, and those that name none. */
  readonly model_provider?: string;
  readonly archived?: boolean;
};

export type SessionSummary = {
  readonly id: SessionId;
  /** Absolute. */
  readonly path: string;
  /** ISO 8601, from the file's name. */
  readonly created_at: string;
  /** ISO 8601, of the last write. */
  readonly updated_at: string;
  /** Where it last worked. */
  readonly cwd: string;
  /** First user message, in one line. */
  readonly preview: string;
  readonly source?: SessionSource;
  readonly model_provider?: string;
  readonly cli_version?: string;
  readonly git_branch?: string;
  /** For the next page. */
  readonly cursor: string;
};
