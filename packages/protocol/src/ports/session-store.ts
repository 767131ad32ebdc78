import type { Event } from "../event.js";
import type { SessionId } from "../ids.js";
import type { RolloutItem, SessionMeta } from "../rollout.js";

/** Who listens to a session besides its face. */
export interface EventSink {
  /** Never throws, never blocks. */
  write(event: Event): void;
  close(): Promise<void>;
}

export interface SessionStore {
  /** Makes nothing on disk before the first user message (core.md §5.4). */
  create(id: SessionId, meta: SessionMeta): Promise<SessionLog>;
}

export interface SessionLog {
  /** Absolute; absent for a session that leaves no file. */
  readonly path: string | undefined;
  /** Returns after write(2): a face never sees what the log could lose. */
  append(item: RolloutItem): void;
  close(): Promise<void>;
}
