import { mkdir, open, readFile, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { fieldsOf, parseJson } from "@codex/common";
import type { Clock, PromptHistory, PromptHistoryEntry, SessionId } from "@codex/protocol";
import type { FileLock } from "../rollout/lock.js";

export type HistoryFileOptions = {
  readonly home: string;
  readonly clock: Clock;
  readonly lock: FileLock;
  readonly persistence: "save-all" | "none";
  /** Absent: no limit. */
  readonly max_bytes?: number;
};

/** Share of the limit that is kept when a file has grown beyond it (core.md §5.7). */
const KEEP_SHARE = 0.8;
const LOCK_TRIES = 10;
const LOCK_PAUSE_MS = 100;

/** `$CODEX_HOME/history.jsonl`: one line per prompt, readable by its owner only, shared by all programs. */
export function createPromptHistory(options: HistoryFileOptions): PromptHistory {
  const file = path.join(options.home, "history.jsonl");
  return {
    async facts() {
      const log_id = await identityOf(file);
      return { log_id, entry_count: log_id === 0 ? 0 : (await linesOf(file)).length };
    },
    async append(session, text) {
      if (options.persistence === "none") return;
      await mkdir(options.home, { recursive: true });
      const handle = await open(file, "a+", 0o600);
      try {
        await handle.chmod(0o600);
        if (await lockPatiently(handle, options)) await write(handle, lineOf(session, text, options), options);
      } finally {
        await handle.close();
      }
    },
    async entry(log_id, offset) {
      if (log_id === 0 || log_id !== (await identityOf(file))) return undefined;
      const line = (await linesOf(file))[offset];
      return line === undefined ? undefined : entryOf(line);
    },
  };
}

function lineOf(session: SessionId, text: string, { clock }: HistoryFileOptions): string {
  return `${JSON.stringify({ session_id: session, ts: Math.floor(clock.now() / 1000), text })}\n`;
}

/** False: somebody else held it all the time; what was typed is then not kept, which is better than a torn file. */
async function lockPatiently(handle: FileHandle, { lock, clock }: HistoryFileOptions): Promise<boolean> {
  const never = new AbortController().signal;
  for (let count = 0; count < LOCK_TRIES; count += 1) {
    if (await lock(handle.fd)) return true;
    await clock.sleep(LOCK_PAUSE_MS, never);
  }
  return false;
}

/** Drops the oldest lines of a file that has grown too large; the newest one always stays. */
async function write(handle: FileHandle, line: string, { max_bytes }: HistoryFileOptions): Promise<void> {
  await handle.appendFile(line);
  const { size } = await handle.stat();
  if (max_bytes === undefined || size <= max_bytes) return;
  const data = Buffer.alloc(size);
  await handle.read(data, 0, size, 0);
  const budget = Math.max(Math.floor(max_bytes * KEEP_SHARE), Buffer.byteLength(line));
  const cut = data.indexOf(0x0a, Math.max(0, size - budget - 1)) + 1;
  const kept = data.subarray(cut >= size ? size - Buffer.byteLength(line) : cut);
  await handle.truncate(0);
  await handle.appendFile(kept);
}

async function identityOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.ino ?? 0;
}

async function linesOf(file: string): Promise<readonly string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

function entryOf(line: string): PromptHistoryEntry | undefined {
  const { session_id, ts, text } = fieldsOf(parseJson(line));
  if (typeof session_id !== "string" || typeof ts !== "number" || typeof text !== "string") return undefined;
  return { session_id, ts, text };
}
