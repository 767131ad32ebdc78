import type { RolloutItem, RolloutLine, SessionLog, SessionStore } from "@codex/protocol";
import { sessionId } from "@codex/protocol";

export const STORED_ID = sessionId("01890a5d-ac96-774b-bcce-b302099a8057");

/** A store that keeps what is appended in one list. */
export function memoryStore(log: RolloutItem[], lines: readonly RolloutLine[]): SessionStore {
  const created: SessionLog = {
    path: undefined,
    mode: "legacy",
    append: (item) => void log.push(item),
    appendCopy: () => undefined,
    close: () => Promise.resolve(),
  };
  const stored = { path: "/stored.jsonl", meta: { id: STORED_ID }, lines };
  return {
    create: (_id, meta) => {
      log.push({ type: "session_meta", payload: meta });
      return Promise.resolve(created);
    },
    load: () => Promise.resolve({ ...stored, log: created }),
    read: () => Promise.resolve(stored),
    list: () => Promise.resolve([]),
    named: () => Promise.resolve(undefined),
  };
}
