import type { Clock, RolloutLine, SessionId, SessionStore, StoredSession } from "@codex/protocol";
import { CodexError } from "@codex/common";
import type { SessionFile } from "./files.js";
import { archiveFolder, findSegment, findSession, rolloutPath, sessionsFolder } from "./files.js";
import { listSessions } from "./list.js";
import type { FileLock } from "./lock.js";
import { lockSession } from "./lock.js";
import { RolloutLog } from "./log.js";
import { readOpening } from "./meta.js";
import { sessionNamed } from "./names.js";
import type { Tail } from "./scan.js";
import { newTail, scanFile } from "./scan.js";

export type RolloutStoreParts = {
  home(): Promise<string>;
  readonly clock: Clock;
  readonly lock: FileLock;
};

/** Session files under `$CODEX_HOME/sessions/`: the files alone say what there is (core.md §5.4–§5.6). */
export function createRolloutStore({ home, clock, lock }: RolloutStoreParts): SessionStore {
  return {
    async create(id, meta) {
      const path = rolloutPath(await home(), id, new Date(clock.now()));
      const held = await lockSession(await home(), id, lock);
      const log = new RolloutLog({ path, clock, tail: newTail(), lock: held, file: "created" });
      log.append({ type: "session_meta", payload: meta });
      return log;
    },
    async load(id) {
      const file = locate(await home(), id);
      const held = await lockSession(await home(), id, lock);
      const tail = newTail();
      const log = new RolloutLog({ path: file.path, clock, tail, lock: held, file: "existing" });
      return { ...open(await home(), file, tail), log };
    },
    read: async (id) => open(await home(), locate(await home(), id), newTail()),
    list: async (query) => listSessions(await home(), query),
    named: async (name) => sessionNamed(await home(), name),
  };
}

function locate(home: string, id: SessionId): SessionFile {
  const file = findSession(sessionsFolder(home), id);
  if (file === undefined) {
    const archived = findSession(archiveFolder(home), id);
    const why = archived === undefined ? "" : `: it is archived at ${archived.path}; move it below sessions/ first`;
    throw new CodexError("session_not_found", `no session found with the id ${id}${why}`);
  }
  if (!file.packed) return file;
  throw new CodexError("file_error", `the session file ${file.path} is packed; unpack it first: zstd -d --rm FILE`);
}

function open(home: string, file: SessionFile, tail: Tail): StoredSession {
  return { path: file.path, meta: readOpening(file.path).meta, lines: lineage(home, file, tail) };
}

/** A file's own lines behind those of the files it continues (rollout-live.md §5.1). */
function* lineage(home: string, file: SessionFile, tail: Tail): Generator<RolloutLine> {
  const parts: { readonly path: string; readonly end: number }[] = [];
  let { base } = readOpening(file.path);
  while (base !== undefined) {
    const id = base.file_id;
    const found = findSegment(sessionsFolder(home), id) ?? findSegment(archiveFolder(home), id);
    if (found === undefined || found.packed || parts.some(({ path }) => path === found.path)) {
      throw new CodexError("file_error", `${file.path} continues the session file of ${id}, which cannot be found`);
    }
    parts.unshift({ path: found.path, end: base.end });
    base = readOpening(found.path).base;
  }
  for (const part of parts) {
    const scan = newTail();
    yield* scanFile(part.path, scan, part.end);
    tail.next_ordinal = Math.max(tail.next_ordinal, scan.next_ordinal);
  }
  yield* scanFile(file.path, tail);
}
