import { readdirSync } from "node:fs";
import path from "node:path";
import type { SessionId } from "@codex/protocol";
import { isSessionId } from "@codex/protocol";
import { codeOf } from "@codex/common";

/** What the name of a session file says (rollout-live.md §2). */
export type SessionFile = {
  /** Absolute. */
  readonly path: string;
  /** Without the folder and the ending `.zst`. */
  readonly name: string;
  readonly id: SessionId;
  /** A file that continues the session under the same id from an earlier point; the newest counts. */
  readonly segment?: string;
  /** Packed with zstd. */
  readonly packed: boolean;
};

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const NAME = new RegExp(`^rollout-.*?(${UUID})(?:_(${UUID}))?\\.jsonl(\\.zst)?$`, "i");

export function sessionsFolder(home: string): string {
  return path.join(home, "sessions");
}

export function archiveFolder(home: string): string {
  return path.join(home, "archived_sessions");
}

/** `rollout-YYYY-MM-DDThh-mm-ss-<id>.jsonl` in a folder per day; date and time are local (core.md §5.4). */
export function rolloutPath(home: string, id: SessionId, at: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const [year, month, day] = [String(at.getFullYear()), two(at.getMonth() + 1), two(at.getDate())];
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join("-");
  const name = `rollout-${year}-${month}-${day}T${time}-${id}.jsonl`;
  return path.join(sessionsFolder(home), year, month, day, name);
}

/** `undefined`: the file is no session. */
export function readName(file: string): SessionFile | undefined {
  const [base, thread, segment, zst] = NAME.exec(path.basename(file)) ?? [];
  const id = thread?.toLowerCase();
  if (base === undefined || id === undefined || !isSessionId(id)) return undefined;
  return {
    path: file,
    name: base.slice(0, base.length - (zst?.length ?? 0)),
    id,
    ...(segment === undefined ? {} : { segment: segment.toLowerCase() }),
    packed: zst !== undefined,
  };
}

/** Every session file below a folder; folders and files from the last name to the first, so the newest come first. */
export function* walkSessions(folder: string): Generator<SessionFile> {
  for (const entry of entriesOf(folder)) {
    const inner = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* walkSessions(inner);
    else {
      const file = readName(inner);
      if (file !== undefined) yield file;
    }
  }
}

/** The file that holds a session now: its newest segment, or the only one. */
export function findSession(folder: string, id: string): SessionFile | undefined {
  const wanted = id.toLowerCase();
  let best: SessionFile | undefined;
  for (const file of walkSessions(folder)) {
    if (file.id === wanted && (best === undefined || rankOf(file) > rankOf(best))) best = file;
  }
  return best;
}

/** The file whose last uuid is `id`: a thread or a segment. Files name the ones they continue so. */
export function findSegment(folder: string, id: string): SessionFile | undefined {
  const wanted = id.toLowerCase();
  for (const file of walkSessions(folder)) if ((file.segment ?? file.id) === wanted) return file;
  return undefined;
}

/** Segments before the whole, later before earlier, plain before packed. */
export function rankOf(file: SessionFile): string {
  return `${file.segment === undefined ? 0 : 1} ${file.name} ${file.packed ? 0 : 1}`;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((left, right) => (left.name < right.name ? 1 : -1));
  } catch (error) {
    // removed meanwhile, or never there
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
    throw error;
  }
}
