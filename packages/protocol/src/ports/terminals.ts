import type { CallId } from "../ids.js";

/** A command that a call has left running, with a terminal or without. */
export type BackgroundTerminal = {
  /** As in events. */
  readonly process_id: string;
  /** The call that started it. */
  readonly call_id: CallId;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly tty: boolean;
  /** Milliseconds since its start. */
  readonly duration_ms: number;
};

/** The running commands of a session. Their ends are told by events. */
export interface BackgroundTerminals {
  list(): readonly BackgroundTerminal[];
  /** Ends one and all that it started. False: there is none that runs. */
  stop(process_id: string): Promise<boolean>;
  /** False: there is none with a terminal that runs. */
  resize(process_id: string, size: { readonly cols: number; readonly rows: number }): boolean;
  stopAll(): Promise<void>;
}
