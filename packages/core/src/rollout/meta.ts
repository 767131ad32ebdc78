import { fieldsOf, isFields, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { StoredMeta } from "@codex/protocol";
import type { ReadChunks } from "./scan.js";
import { newTail, plainChunks, scanFile } from "./scan.js";

/** Where a file begins: the session that it continues, as far as a byte of one of its files (rollout-live.md §3.1). */
export type HistoryBase = { readonly file_id: string; readonly end: number };

export type Opening = {
  readonly meta: StoredMeta;
  readonly base: HistoryBase | undefined;
  /** False: nothing in the file can be read. */
  readonly has_records: boolean;
};

/** What the first record of a file says; nothing when it is no `session_meta`. */
export function readOpening(path: string, read: ReadChunks = plainChunks): Opening {
  for (const line of scanFile(path, newTail(), { read })) {
    return line.type === "session_meta"
      ? openingOf(fieldsOf(line.payload))
      : { meta: {}, base: undefined, has_records: true };
  }
  return { meta: {}, base: undefined, has_records: false };
}

function openingOf(fields: Fields): Opening {
  const texts = ["id", "session_id", "timestamp", "cwd", "originator", "cli_version", "model_provider"] as const;
  const known = texts.flatMap((name) => {
    const text = textOf(fields[name]);
    return text === undefined ? [] : [[name, text] as const];
  });
  const base_instructions = textOf(fieldsOf(fields["base_instructions"])["text"]);
  const forked_from_id = textOf(fields["forked_from_id"]);
  const branch = textOf(fieldsOf(fields["git"])["branch"]);
  const meta: StoredMeta = {
    ...Object.fromEntries(known),
    ...(base_instructions === undefined ? {} : { base_instructions }),
    ...(forked_from_id === undefined ? {} : { forked_from_id }),
    ...(branch === undefined ? {} : { git: { branch } }),
  };
  return { meta, base: baseOf(fields["history_base"]), has_records: true };
}

function baseOf(value: unknown): HistoryBase | undefined {
  if (!isFields(value)) return undefined;
  const file_id = textOf(value["thread_id"]);
  const end = value["end_byte_offset"];
  return file_id === undefined || typeof end !== "number" ? undefined : { file_id, end };
}
