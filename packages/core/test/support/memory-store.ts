import type { PromptHistory, RolloutItem, RolloutLine, SessionLog, SessionStore } from "@codex/protocol";
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

/** What was typed, in memory. */
export function memoryHistory(): PromptHistory {
  const texts: { session_id: string; ts: number; text: string }[] = [];
  return {
    facts: () => Promise.resolve({ log_id: 1, entry_count: texts.length }),
    append: (session_id, text) => Promise.resolve(void texts.push({ session_id, ts: 0, text })),
    entry: (_log_id, offset) => Promise.resolve(texts[offset]),
  };
}
