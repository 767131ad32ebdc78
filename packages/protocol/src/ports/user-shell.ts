import type { OutputChunk } from "./environment.js";
import type { SessionId } from "../ids.js";

/** The person's own shell, outside every sandbox: for what they typed themselves (core.md §1.9). */
export interface UserShell {
  /** What `run` starts for a script. */
  argv(script: string): readonly string[];
  /** Never rejects; aborting ends the command and all that it started. */
  run(command: UserCommand, signal: AbortSignal): Promise<UserCommandEnd>;
}

export type UserCommand = {
  readonly argv: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly session: SessionId;
  /** Live output, in bounded pieces. */
  readonly onOutput: (piece: OutputChunk) => void;
};

export type UserCommandEnd = {
  /** As a shell shows it: 124 for a time-out, 128+n for a signal. */
  readonly exit_code: number;
  /** Head and tail; says what was left out between them. */
  readonly output: string;
};
