import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock, EventSink, SessionScope } from "@codex/protocol";
import { messageOf } from "@codex/common";

export type UsageFileOptions = {
  /** CODEX_HOME. */
  readonly home: string;
  readonly clock: Clock;
  /** Warned once, when the file cannot be written. */
  readonly scope: Pick<SessionScope, "id" | "parent" | "emit">;
  readonly provider: string;
};

/** Bytes at which the file is put aside as `usage.1.jsonl`, in the place of the one before. */
const MOST_BYTES = 8 << 20;

/**
 * `$CODEX_HOME/usage.jsonl`: one line for each turn, sub-agents included, with what it cost by model and by tool. It
 * holds no word of the conversation. Appended with one write, so sessions of several programs may share it.
 */
export function createUsageFile(options: UsageFileOptions): EventSink {
  const file = join(options.home, "usage.jsonl");
  const { clock, scope, provider } = options;
  const parent = scope.parent?.session;
  let is_broken = false;
  return {
    write: ({ msg }) => {
      if (msg.type !== "turn_usage" || is_broken) return;
      const { turn_id, models, tools } = msg;
      const line = {
        timestamp: new Date(clock.now()).toISOString(),
        session_id: scope.id,
        ...(parent === undefined ? {} : { parent_session_id: parent }),
        turn_id,
        provider,
        models,
        tools,
      };
      try {
        append(file, `${JSON.stringify(line)}\n`);
      } catch (error) {
        is_broken = true;
        scope.emit({ type: "warning", message: `usage is not written down: ${messageOf(error)}` });
      }
    },
    close: () => Promise.resolve(),
  };
}

function append(file: string, line: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) mkdirSync(dirname(file), { recursive: true });
  if (size + line.length > MOST_BYTES) renameSync(file, file.replace(/\.jsonl$/, ".1.jsonl"));
  appendFileSync(file, line, { mode: 0o600 });
}
