import os from "node:os";
import type { CodexOptions } from "../codex-options.js";
import { createRecording, readRecording } from "../home/recording-file.js";
import { uuidv7 } from "../new-id.js";
import { systemClock } from "../system-clock.js";
import type { Run } from "./run.js";
import { openRun } from "./run.js";

/** The run that the options ask for: live, recorded or replayed. */
export function runOf({ clock = systemClock, newId, replay, replay_from, record }: CodexOptions): Run {
  return openRun({
    clock,
    newId: newId ?? (() => uuidv7(clock.now())),
    scope: { home: os.homedir(), temporary: os.tmpdir() },
    replay: replay === undefined ? undefined : { text: readRecording(replay), from: replay_from },
    record: record === undefined ? undefined : () => createRecording(record),
  });
}
