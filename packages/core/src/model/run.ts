import type { Clock, ModelProvider } from "@codex/protocol";
import { idsFrom, randomFrom } from "../new-id.js";
import { createRecorder } from "./record.js";
import type { Recorder, RecordingScope } from "./record.js";
import { decodeRecording } from "./recording.js";
import { replayModels } from "./replay.js";
import type { ReplayedModels } from "./replay.js";

/** A file for a recording. */
export type RecordingSink = { append(line: string): void; close(): void };

export type RunOptions = {
  readonly clock: Clock;
  readonly newId: () => string;
  /** What is replaced by names in recordings. */
  readonly scope: RecordingScope;
  readonly replay?: Replay | undefined;
  /** Opens the file; called once a model is needed. */
  readonly record?: (() => RecordingSink) | undefined;
};

/** A recording that answers. `from`: only its first so many requests, then a real model. */
export type Replay = { readonly text: string; readonly from?: number | undefined };

export type LiveModels = {
  /** Not called when everything is replayed. */
  readonly open: () => ModelProvider;
  /** What may never stand in a recording. */
  readonly secrets: () => Promise<readonly string[]>;
};

/** One run of the program: its clock, its ids, and who answers for the model. */
export type Run = {
  readonly clock: Clock;
  readonly newId: () => string;
  /** From 0 up to 1: for everything else that a model or a face sees of chance. */
  readonly random: () => number;
  /** Used by sessions for which nobody names a model; `undefined`: the catalog's. */
  readonly default_model: string | undefined;
  /** The run repeats one that is known, id and times included: it leaves no session file of its own. */
  readonly isCopy: boolean;
  /** For one session. Throws `recording_invalid`. */
  models(live: LiveModels): Promise<ModelProvider>;
  /** A session is over; after the last one the recording is closed. Throws when requests of a replay are left over. */
  finish(): void;
};

/** Throws `recording_invalid`. */
export function openRun(options: RunOptions): Run {
  const played = options.replay === undefined ? liveRun(options) : replayedRun(options, options.replay);
  return options.record === undefined ? played : recordedRun(played, options.scope, options.record);
}

function liveRun({ clock, newId }: RunOptions): Run {
  return {
    clock,
    newId,
    random: Math.random,
    default_model: undefined,
    isCopy: false,
    models: (live) => Promise.resolve(live.open()),
    finish: () => undefined,
  };
}

/** Its ids follow from the first one; that one and its start are written down. */
function recordedRun(inner: Run, scope: RecordingScope, openSink: () => RecordingSink): Run {
  const { clock } = inner;
  const run = { id: inner.newId(), started_at: clock.now() };
  let sink: RecordingSink | undefined;
  let recorder: Recorder | undefined;
  let sessions = 0;
  return {
    ...inner,
    newId: idsFrom(run.id),
    random: randomFrom(run.id),
    models: async (live) => {
      const [models, secrets] = [await inner.models(live), await live.secrets()];
      sessions += 1;
      const file = (sink ??= openSink());
      recorder ??= createRecorder({ scope, run, clock, append: (line) => file.append(line) });
      return recorder.wrap(models, secrets);
    },
    finish: () => {
      sessions -= 1;
      if (sessions === 0) sink?.close();
      inner.finish();
    },
  };
}

/**
 * Takes its ids and times from the recording, so that everything a face writes is the same, byte by byte. A replay
 * that goes on live is a run of its own.
 */
function replayedRun({ clock, newId, scope }: RunOptions, { text, from }: Replay): Run {
  const recording = decodeRecording(text);
  const identity = from === undefined ? recording.run : undefined;
  let models: ReplayedModels | undefined;
  let sessions = 0;
  return {
    clock: identity === undefined ? clock : { ...clock, now: () => models?.now ?? identity.started_at },
    newId: identity === undefined ? newId : idsFrom(identity.id),
    random: identity === undefined ? Math.random : randomFrom(identity.id),
    default_model: recording.steps[0]?.model,
    isCopy: identity !== undefined,
    models: (live) => {
      models ??= replayModels(recording, scope, from === undefined ? undefined : { steps: from, live: live.open() });
      sessions += 1;
      return Promise.resolve(models);
    },
    finish: () => {
      sessions -= 1;
      if (sessions === 0) models?.finish();
    },
  };
}
