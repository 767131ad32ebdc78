import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import type { Clock, RolloutItem, SessionId, SessionLog, SessionMeta, SessionStore } from "@codex/protocol";
import { CodexError, messageOf } from "@codex/common";

/** Session files under `$CODEX_HOME/sessions/YYYY/MM/DD/`, date in local time (core.md §5.4, rollout-live.md §2). */
export function createRolloutStore(home: () => Promise<string>, clock: Clock): SessionStore {
  return {
    create: async (id, meta) => new RolloutLog(rolloutPath(await home(), id, new Date(clock.now())), meta, clock),
  };
}

/** Leaves nothing on disk. */
export const ephemeralStore: SessionStore = {
  create: () => Promise.resolve({ path: undefined, append: () => undefined, close: () => Promise.resolve() }),
};

/** `rollout-YYYY-MM-DDThh-mm-ss-<id>.jsonl` */
export function rolloutPath(home: string, id: SessionId, at: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const [year, month, day] = [String(at.getFullYear()), two(at.getMonth() + 1), two(at.getDate())];
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join("-");
  return path.join(home, "sessions", year, month, day, `rollout-${year}-${month}-${day}T${time}-${id}.jsonl`);
}

/** Append-only JSON lines. The file is made with the first user message; lines before it wait in memory. */
class RolloutLog implements SessionLog {
  readonly path: string;
  readonly #clock: Clock;
  #waiting: string[];
  #descriptor: number | undefined;
  /** Set by the first failure, which is told; what follows is not kept. */
  #broken = false;

  constructor(file: string, meta: SessionMeta, clock: Clock) {
    this.path = file;
    this.#clock = clock;
    this.#waiting = [this.#line({ type: "session_meta", payload: meta })];
  }

  append(item: RolloutItem): void {
    if (this.#broken) return;
    const line = this.#line(item);
    if (this.#descriptor === undefined) {
      this.#waiting.push(line);
      if (!isUserMessage(item)) return;
      this.#descriptor = this.#open();
      this.#write(this.#waiting.join(""));
      this.#waiting = [];
      return;
    }
    this.#write(line);
  }

  close(): Promise<void> {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    return Promise.resolve();
  }

  #line(item: RolloutItem): string {
    return `${JSON.stringify({ timestamp: new Date(this.#clock.now()).toISOString(), ...item })}\n`;
  }

  #open(): number {
    try {
      mkdirSync(path.dirname(this.path), { recursive: true });
      return openSync(this.path, "ax");
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #write(text: string): void {
    try {
      const bytes = Buffer.from(text, "utf8");
      for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor ?? -1, bytes, at);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): CodexError<"file_error"> {
    this.#broken = true;
    const text = `the session file ${this.path} cannot be written (${messageOf(error)}); free space, mend its rights, or use --ephemeral`;
    return new CodexError("file_error", text, { cause: error });
  }
}

function isUserMessage(item: RolloutItem): boolean {
  return item.type === "event_msg" && item.payload.type === "user_message";
}
