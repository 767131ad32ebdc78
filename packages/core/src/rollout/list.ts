import { statSync } from "node:fs";
import type { SessionQuery, SessionSummary } from "@codex/protocol";
import { codeOf, fieldsOf, textOf } from "@codex/common";
import { isUserTurn, messageText } from "../prompt/fragments.js";
import type { SessionFile } from "./files.js";
import { archiveFolder, rankOf, sessionsFolder, walkSessions } from "./files.js";
import { decodeStoredItem } from "./items.js";
import { readOpening } from "./meta.js";
import { readerOf } from "./reader.js";
import type { ReadChunks } from "./scan.js";
import { newTail, scanFile } from "./scan.js";
import { lastContext, lastContextOf } from "./tail.js";

const PAGE = 25;
/** Records of a file that are looked at for its first user message. */
const HEAD_RECORDS = 210;
/** Characters of a preview. */
const PREVIEW = 200;

type Candidate = { readonly file: SessionFile; readonly updated: number; readonly key: string };

/**
 * One page of sessions, newest first. Every file is seen, none is opened before its turn comes, and a session without a
 * user message is left out (core.md §5.6).
 */
export async function listSessions(home: string, query: SessionQuery): Promise<readonly SessionSummary[]> {
  const limit = query.limit ?? PAGE;
  const page: SessionSummary[] = [];
  for (const candidate of candidates(home, query)) {
    if (page.length >= limit) break;
    const read = await readerOf(candidate.file);
    const summary = passDamaged(() => summarize(candidate, query, read));
    if (summary !== undefined) page.push(summary);
  }
  return page;
}

/** One file per session: its newest segment. In order, from behind the cursor on. */
function candidates(home: string, query: SessionQuery): readonly Candidate[] {
  const folder = query.archived === true ? archiveFolder(home) : sessionsFolder(home);
  const newest = new Map<string, SessionFile>();
  for (const file of walkSessions(folder)) {
    const other = newest.get(file.id);
    if (other === undefined || rankOf(file) > rankOf(other)) newest.set(file.id, file);
  }
  const byName = query.order === "created";
  const all = [...newest.values()].flatMap((file): readonly Candidate[] => {
    const updated = statSync(file.path, { throwIfNoEntry: false })?.mtimeMs;
    if (updated === undefined) return [];
    return [
      { file, updated, key: byName ? file.name : `${String(Math.floor(updated)).padStart(15, "0")} ${file.name}` },
    ];
  });
  const { after } = query;
  return all
    .filter(({ key }) => after === undefined || key < after)
    .sort((left, right) => (left.key < right.key ? 1 : -1));
}

/** One damaged file must not hide the others. */
function passDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (codeOf(error) === "file_error") return undefined;
    throw error;
  }
}

function summarize(
  { file, updated, key }: Candidate,
  query: SessionQuery,
  read: ReadChunks,
): SessionSummary | undefined {
  const { meta, base } = readOpening(file.path, read);
  const wanted = query.model_provider;
  if (wanted !== undefined && meta.model_provider !== undefined && meta.model_provider !== wanted) return undefined;
  const preview = previewOf(file.path, read) ?? (base === undefined ? undefined : "(continues another session)");
  if (preview === undefined) return undefined;
  const cwd = (file.packed ? lastContextOf(file.path, read) : lastContext(file.path))?.cwd ?? meta.cwd ?? "";
  if (query.cwd !== undefined && query.cwd !== cwd) return undefined;
  return {
    id: file.id,
    path: file.path,
    created_at: meta.timestamp ?? new Date(updated).toISOString(),
    updated_at: new Date(updated).toISOString(),
    cwd,
    preview,
    ...(meta.model_provider === undefined ? {} : { model_provider: meta.model_provider }),
    ...(meta.cli_version === undefined ? {} : { cli_version: meta.cli_version }),
    ...(meta.git?.branch === undefined ? {} : { git_branch: meta.git.branch }),
    cursor: key,
  };
}

/** `undefined` for a file that continues another: it is said there. */
function previewOf(path: string, read: ReadChunks): string | undefined {
  let seen = 0;
  for (const line of scanFile(path, newTail(), { read })) {
    const text = firstWords(line.type, line.payload);
    if (text !== undefined) return text.replaceAll(/\s+/g, " ").trim().slice(0, PREVIEW);
    seen += 1;
    if (seen > HEAD_RECORDS) break;
  }
  return undefined;
}

function firstWords(type: string, payload: unknown): string | undefined {
  const fields = fieldsOf(payload);
  if (type === "event_msg" && fields["type"] === "user_message") return textOf(fields["message"]);
  if (type !== "response_item" || fields["role"] !== "user") return undefined;
  const item = decodeStoredItem(payload);
  return item !== undefined && isUserTurn(item) ? messageText(item) : undefined;
}
