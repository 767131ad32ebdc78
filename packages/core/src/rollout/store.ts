import type { Clock, RolloutLine, SessionId, SessionStore, StoredSession } from "@codex/protocol";
import { CodexError } from "@codex/common";
import type { SessionFile } from "./files.js";
import { archiveFolder, findSegment, findSession, readName, rolloutPath, sessionsFolder } from "./files.js";
import { listSessions } from "./list.js";
import type { FileLock } from "./lock.js";
import { lockSession } from "./lock.js";
import { RolloutLog } from "./log.js";
import { readOpening } from "./meta.js";
import { sessionNamed } from "./names.js";
import { readerOf } from "./reader.js";
import type { ReadChunks, Tail } from "./scan.js";
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
      const found = locate(await home(), id);
      const held = await lockSession(await home(), id, lock);
      try {
        const file = await unpacked(found);
        const tail = newTail();
        const stored = await open(await home(), file, tail);
        return { ...stored, log: new RolloutLog({ path: file.path, clock, tail, lock: held, file: "existing" }) };
      } catch (error) {
        held[Symbol.dispose]();
        throw error;
      }
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
  return file;
}

/** A packed file cannot be appended to. */
async function unpacked(file: SessionFile): Promise<SessionFile> {
  if (!file.packed) return file;
  const { unpackFile } = await import("./packed.js");
  const plain = readName(unpackFile(file.path));
  return plain ?? file;
}

async function open(home: string, file: SessionFile, tail: Tail): Promise<StoredSession> {
  const parts = await lineageOf(home, file);
  const { meta, has_records } = readOpening(file.path, await readerOf(file));
  if (!has_records) {
    const problem = "holds no record of a session that can be read: start a new session instead";
    throw new CodexError("file_error", `${file.path} ${problem}`);
  }
  return { path: file.path, meta, lines: linesOf(parts, tail) };
}

type Part = { readonly path: string; readonly end?: number; readonly read: ReadChunks };

/** A file behind those that it continues, each as far as it counts (rollout-live.md §5.1). */
async function lineageOf(home: string, file: SessionFile): Promise<readonly Part[]> {
  const parts: Part[] = [{ path: file.path, read: await readerOf(file) }];
  for (;;) {
    const [first] = parts;
    const base = first === undefined ? undefined : readOpening(first.path, first.read).base;
    if (base === undefined) return parts;
    const found = findSegment(sessionsFolder(home), base.file_id) ?? findSegment(archiveFolder(home), base.file_id);
    if (found === undefined || parts.some(({ path }) => path === found.path)) {
      const problem = `continues the session file of ${base.file_id}, which cannot be found`;
      throw new CodexError("file_error", `${first?.path ?? file.path} ${problem}`);
    }
    parts.unshift({ path: found.path, end: base.end, read: await readerOf(found) });
  }
}

function* linesOf(parts: readonly Part[], tail: Tail): Generator<RolloutLine> {
  for (const part of parts.slice(0, -1)) {
    const scan = newTail();
    yield* scanFile(part.path, scan, part);
    tail.next_ordinal = Math.max(tail.next_ordinal, scan.next_ordinal);
  }
  const own = parts.at(-1);
  if (own !== undefined) yield* scanFile(own.path, tail, own);
}
