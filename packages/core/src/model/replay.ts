import { CodexError } from "@codex/common";
import type { ModelEvent, ModelProvider, Prompt } from "@codex/protocol";
import { DEFAULT_MODEL, modelInfo } from "./catalog.js";
import { difference, fingerprint } from "./fingerprint.js";
import { fillDirectories } from "./normalize.js";
import type { Places } from "./normalize.js";
import { escapeJson } from "./record.js";
import type { RecordingScope } from "./record.js";
import { decodeRecording } from "./recording.js";
import type { RecordedStep } from "./recording.js";
import { changeWords } from "./words.js";

export type ReplayedModels = ModelProvider & {
  /** Slug of the model that was recorded. */
  readonly model: string;
  /** Requests that were not asked for yet. */
  readonly remaining: number;
  /** Call it when the run is over: throws `replay_exhausted` when requests are left and nothing else went wrong. */
  finish(): void;
};

type Replay = {
  readonly steps: readonly RecordedStep[];
  next: number;
  hasFailed: boolean;
};

/**
 * A provider that answers from a recording. Only the model's words come from it. A request that differs from the
 * recorded one throws `replay_mismatch` and says where; one too many throws `replay_exhausted`.
 */
export function replayModels(recording: string, scope: RecordingScope): ReplayedModels {
  const replay: Replay = { steps: decodeRecording(recording), next: 0, hasFailed: false };
  const { steps } = replay;
  return {
    model: steps[0]?.model ?? DEFAULT_MODEL,
    get remaining() {
      return steps.length - replay.next;
    },
    finish: () => {
      const left = steps.length - replay.next;
      if (left === 0 || replay.hasFailed) return;
      throw failure("replay_exhausted", `${left} of its ${steps.length} requests were never asked for`);
    },
    client: (settings) => {
      const places: Places = { ...scope, cwd: settings.cwd };
      return {
        info: modelInfo(steps[replay.next]?.model ?? settings.model),
        max_retries: 5,
        stream: (prompt, signal) => answer(replay, { prompt, places }, signal),
      };
    },
  };
}

type Question = { readonly prompt: Prompt; readonly places: Places };

async function* answer(
  replay: Replay,
  { prompt, places }: Question,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void, undefined> {
  signal.throwIfAborted();
  const step = take(replay, prompt, places);
  const inJson: Places = {
    cwd: escapeJson(places.cwd),
    home: escapeJson(places.home),
    temporary: escapeJson(places.temporary),
  };
  const change = {
    plain: (text: string) => fillDirectories(text, places),
    json: (text: string) => fillDirectories(text, inJson),
  };
  for (const event of step.events) {
    signal.throwIfAborted();
    yield changeWords(event, change);
  }
  if (step.error === undefined) return;
  const { code, message, retry, status } = step.error;
  throw new CodexError(code, message, { retry, ...(status === undefined ? {} : { status }) });
}

function take(replay: Replay, prompt: Prompt, places: Places): RecordedStep {
  const { steps, next } = replay;
  const step = steps[next];
  const problem = step === undefined ? undefined : difference(step.marks, fingerprint(prompt.input, places));
  if (step !== undefined && problem === undefined) {
    replay.next += 1;
    return step;
  }
  replay.hasFailed = true;
  if (step === undefined)
    throw failure("replay_exhausted", `it holds ${steps.length} requests, and one more was asked`);
  throw failure("replay_mismatch", `request ${next + 1} of ${steps.length} differs: ${problem}`);
}

function failure(code: "replay_mismatch" | "replay_exhausted", what: string): CodexError {
  return new CodexError(code, `The run does not follow the recording: ${what}.`);
}
