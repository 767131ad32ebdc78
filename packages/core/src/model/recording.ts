import { CodexError, fieldsOf, isFields, listOf, numberOf, parseJson, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { RetryAdvice } from "@codex/common";
import type { ErrorCode, ModelEvent, ResponseItem } from "@codex/protocol";
import { isErrorCode } from "@codex/protocol";
import { decodeItem } from "./decode-items.js";
import type { Mark } from "./fingerprint.js";
import { decodeUsage } from "./usage.js";

/** Readers refuse any other. */
const RECORDING_VERSION = 1;

/** What makes a run itself: the values that a replay uses in place of new ones. */
export type RunIdentity = {
  /** The first id that was made: of the session. All others follow from it. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly started_at: number;
};

export type Recording = {
  /** Absent in recordings that are older than this field. */
  readonly run: RunIdentity | undefined;
  readonly steps: readonly RecordedStep[];
};

/** One request and the stream that answered it. */
export type RecordedStep = {
  readonly model: string;
  /** When it was asked, in milliseconds since the run started; absent in old recordings. */
  readonly at?: number;
  readonly marks: readonly Mark[];
  readonly events: readonly ModelEvent[];
  /** How the stream failed, if it did. */
  readonly error?: RecordedError;
};

export type RecordedError = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retry: RetryAdvice;
  readonly status?: number;
};

export function encodeHeader(run: RunIdentity): string {
  return JSON.stringify({ type: "codex_recording", version: RECORDING_VERSION, run });
}

/** A step's line says only what is new since the request before: `keep` marks of it stay. */
export function encodeStep(step: RecordedStep, before: readonly Mark[]): string {
  const { model, at, marks, events, error } = step;
  const changed = marks.findIndex((mark, index) => JSON.stringify(mark) !== JSON.stringify(before[index]));
  const keep = changed === -1 ? marks.length : changed;
  return JSON.stringify({ type: "request", model, at, keep, marks: marks.slice(keep), events, error });
}

/** Throws `recording_invalid` with the line. */
export function decodeRecording(text: string): Recording {
  const lines = text.split("\n").map((line) => line.trim());
  const header = fieldsOf(parseJson(lines[0] ?? ""));
  if (header["type"] !== "codex_recording") throw invalid(1, "this is not a recording");
  if (header["version"] !== RECORDING_VERSION) {
    throw invalid(1, `version ${String(header["version"] ?? "(none)")} is not ${RECORDING_VERSION}: record it again`);
  }
  const steps: RecordedStep[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === "") continue;
    const fields = parseJson(line);
    if (!isFields(fields) || fields["type"] !== "request") throw invalid(index + 1, "it holds no request");
    steps.push(decodeStep(fields, { line: index + 1, before: steps.at(-1)?.marks ?? [] }));
  }
  return { run: decodeRun(fieldsOf(header["run"])), steps };
}

function decodeRun(fields: Fields): RunIdentity | undefined {
  const id = textOf(fields["id"]);
  const started_at = numberOf(fields["started_at"]);
  return id === undefined || started_at === undefined ? undefined : { id, started_at };
}

function decodeStep(fields: Fields, place: { readonly line: number; readonly before: readonly Mark[] }): RecordedStep {
  const model = textOf(fields["model"]);
  const keep = numberOf(fields["keep"]);
  if (model === undefined || keep === undefined) throw invalid(place.line, "model or keep is missing");
  const error = decodeError(fields["error"]);
  const at = numberOf(fields["at"]);
  return {
    model,
    ...(at === undefined ? {} : { at }),
    marks: [...place.before.slice(0, keep), ...listOf(fields["marks"]).map((mark) => decodeMark(mark, place.line))],
    events: listOf(fields["events"]).map((event) => decodeEvent(fieldsOf(event), place.line)),
    ...(error === undefined ? {} : { error }),
  };
}

function decodeMark(value: unknown, line: number): Mark {
  const fields = fieldsOf(value);
  const kind = textOf(fields["kind"]);
  const name = textOf(fields["name"]);
  const text = textOf(fields["text"]);
  if (kind === undefined) throw invalid(line, "a mark has no kind");
  return { kind, ...(name === undefined ? {} : { name }), ...(text === undefined ? {} : { text }) };
}

function decodeEvent(fields: Fields, line: number): ModelEvent {
  const item_id = textOf(fields["item_id"]) ?? "";
  const delta = textOf(fields["delta"]) ?? "";
  switch (fields["type"]) {
    case "item_started":
      return { type: "item_started", item_id, kind: textOf(fields["kind"]) ?? "" };
    case "text_delta":
      return { type: "text_delta", item_id, delta };
    case "reasoning_delta":
      return { type: "reasoning_delta", item_id, delta, section: numberOf(fields["section"]) ?? 0 };
    case "tool_input_delta":
      return { type: "tool_input_delta", item_id, delta };
    case "item_done":
      return { type: "item_done", item: knownItem(fields["item"], line) };
    case "rerouted":
      return { type: "rerouted", from: textOf(fields["from"]) ?? "", to: textOf(fields["to"]) ?? "" };
    case "completed": {
      const usage = isFields(fields["usage"]) ? decodeUsage(fields["usage"]) : undefined;
      const response_id = textOf(fields["response_id"]) ?? "";
      return { type: "completed", response_id, usage, continues: fields["continues"] === true };
    }
    default:
      throw invalid(line, `the event ${String(fields["type"])} is unknown`);
  }
}

function knownItem(value: unknown, line: number): ResponseItem {
  const item = decodeItem(value);
  if (item === undefined) throw invalid(line, "an item is unknown");
  return item;
}

function decodeError(value: unknown): RecordedError | undefined {
  const fields = fieldsOf(value);
  const code = fields["code"];
  if (!isErrorCode(code)) return undefined;
  const status = numberOf(fields["status"]);
  const retry = fields["retry"];
  const after_ms = numberOf(fieldsOf(retry)["after_ms"]);
  return {
    code,
    message: textOf(fields["message"]) ?? "",
    retry: after_ms !== undefined ? { after_ms } : retry === "backoff" ? "backoff" : "no",
    ...(status === undefined ? {} : { status }),
  };
}

function invalid(line: number, what: string): CodexError {
  return new CodexError("recording_invalid", `line ${line} of the recording: ${what}`);
}
