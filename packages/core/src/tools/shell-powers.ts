import type { Captured, ExecRequest, ExitStatus, OutputChunk } from "@codex/protocol";

/** What the shell tools are given; compose.ts fills it from `@codex/exec`. */
export interface ShellPowers {
  /** The argv that runs a script in the user's shell, or in the one named. */
  argv(script: string, options: { readonly shell?: string; readonly login: boolean }): readonly string[];
  /** The child's whole environment; one that is confined gets no secrets, unless the user says so. */
  vars(facts: CommandFacts): Readonly<Record<string, string>>;
  /** What is started in its place: the same to the command, at less cost. */
  ready(request: ExecRequest): ExecRequest;
  /** Reads a process; keeps head and tail; reports live output in bounded pieces. */
  follow(
    output: AsyncIterable<OutputChunk>,
    options: { readonly on_delta: (delta: OutputDelta) => void; readonly signal: AbortSignal },
  ): Following;
  render(captured: Captured): string;
  /** The number a shell would show: 124 for a time-out, 128+n for a signal. */
  exitCode(status: ExitStatus): number;
}

export type CommandFacts = { readonly network: boolean; readonly confined: boolean; readonly session_id: string };

export type OutputDelta = { readonly stream: "stdout" | "stderr"; readonly data: Uint8Array };

export type Following = {
  /** What came since the last call. */
  take(): Captured;
  /** All of it, once it has ended. */
  readonly whole: Promise<Captured>;
};
