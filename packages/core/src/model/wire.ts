import type { CodexError } from "@codex/common";
import type { ModelEvent, Prompt } from "@codex/protocol";
import type { BodyOptions } from "./request.js";

/** What a model is asked, and how its answer is read. Everything around it is the same for every wire. */
export type Wire = {
  /** Below the base address. */
  readonly path: string;
  body(prompt: Prompt, options: BodyOptions): Readonly<Record<string, unknown>>;
  createDecoder(options: DecoderOptions): Decoder;
};

/** Reads one response's server-sent events. Foreign data never makes it throw. */
export type Decoder = {
  /** What the text holds. */
  push(text: string): readonly ModelEvent[];
  /** The body is over, or the connection: what was still held back and is whole. May complete the response. */
  flush(): readonly ModelEvent[];
  /** Set when the response failed for good: what came before it is still good, nothing comes after it. */
  readonly fatal: CodexError | undefined;
  /** The `completed` event was among what `push` or `flush` returned. */
  readonly completed: boolean;
  /** The server said that it failed, and will say nothing else. */
  readonly failed: boolean;
  /** What it means that the stream is over without `completed`. `reason`: why, when it was not a plain end. */
  ending(reason?: string): CodexError;
};

export type DecoderOptions = {
  /** Kept out of error messages. */
  readonly secrets: readonly string[];
  /** Called for every event, known or not. */
  readonly onEvent: () => void;
};
