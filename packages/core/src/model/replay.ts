import { CodexError } from "@codex/common";
import type { ModelClient, ModelEvent, ModelProvider, Prompt } from "@codex/protocol";
import { DEFAULT_MODEL, modelInfo } from "./catalog.js";
import { difference, fingerprint } from "./fingerprint.js";
import { fillDirectories } from "./normalize.js";
import type { Places } from "./normalize.js";
import { pauseAfter } from "./pause.js";
import { escapeJson } from "./record.js";
import type { RecordingScope } from "./record.js";
import type { RecordedStep, Recording, RunIdentity } from "./recording.js";
import { changeWords } from "./words.js";

export type ReplayedModels = ModelProvider & {
  /** Slug of the model that was recorded. */
  readonly model: string;
  /** Absent in recordings that are older than this field. */
  readonly run: RunIdentity | undefined;
  /** Requests that were not asked for yet. */
  readonly remaining: number;
  /** Recorded time of the last request, epoch milliseconds; `undefined`: it is live or not known. */
  readonly now: number | undefined;
  /** Call it when the run is over: throws `replay_exhausted` when requests are left and nothing else went wrong. */
  finish(): void;
};

/** Where a replay stops, and who answers from there on. */
export type Fork = { readonly steps: number; readonly live: ModelProvider };

type Replay = {
  readonly steps: readonly RecordedStep[];
  readonly fork: Fork | undefined;
  next: number;
  hasFailed: boolean;
  /** The fork was taken. */
  isLive: boolean;
  /** Since the run started. */
  at: number | undefined;
};

/**
 * A provider that answers from a recording. Only the model's words come from it. A request that differs from the
 * recorded one throws `replay_mismatch` and says where; one too many throws `replay_exhausted`. With a fork, the
 * requests after its steps are asked of a real model.
 */
export function replayModels(recording: Recording, scope: RecordingScope, fork?: Fork): ReplayedModels {
  const { run } = recording;
  const steps = stepsToReplay(recording, fork);
  const replay: Replay = {
    steps,
    fork,
    next: 0,
    hasFailed: false,
    isLive: false,
    at: run === undefined ? undefined : 0,
  };
  return {
    model: steps[0]?.model ?? DEFAULT_MODEL,
    run,
    get now() {
      if (replay.isLive || replay.at === undefined || run === undefined) return undefined;
      return run.started_at + replay.at;
    },
    get remaining() {
      return steps.length - replay.next;
    },
    finish: () => {
      const left = steps.length - replay.next;
      if (left === 0 || replay.hasFailed) return;
      throw failure("replay_exhausted", `${left} of its ${steps.length} requests were never asked for`);
    },
    client: (settings, ids) => {
      const places: Places = { ...scope, cwd: settings.cwd };
      const live = lazyClient(() => fork?.live.client(settings, ids));
      const isOver = (): boolean => replay.next >= steps.length;
      return {
        get info() {
          const recorded = modelInfo(steps[replay.next]?.model ?? settings.model);
          return isOver() ? (live()?.info ?? recorded) : recorded;
        },
        get max_retries() {
          return isOver() ? (live()?.max_retries ?? REPLAY_RETRIES) : REPLAY_RETRIES;
        },
        stream: (prompt, signal) => {
          const client = isOver() ? live() : undefined;
          if (client === undefined) return answer(replay, { prompt, places }, signal);
          replay.isLive = true;
          return client.stream(prompt, signal);
        },
      };
    },
  };
}

/** A provider's default. */
const REPLAY_RETRIES = 5;

function stepsToReplay({ steps }: Recording, fork: Fork | undefined): readonly RecordedStep[] {
  if (fork === undefined) return steps;
  if (Number.isInteger(fork.steps) && fork.steps >= 0 && fork.steps <= steps.length) return steps.slice(0, fork.steps);
  const text = `a replay can go on live after 0 to ${steps.length} requests, which is what the recording holds`;
  throw new CodexError("recording_invalid", `${text}; ${fork.steps} is none of these`);
}

function lazyClient(make: () => ModelClient | undefined): () => ModelClient | undefined {
  let made: ModelClient | undefined;
  return () => (made ??= make());
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
    await pauseAfter(event);
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
    replay.at = step.at ?? replay.at;
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
