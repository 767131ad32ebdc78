import type { ResolvedPolicy, SandboxPolicy } from "../policy.js";
import type { Denial } from "../action.js";

/** A place where commands and file operations happen. `confine` returns another, narrower one. */
export interface Environment {
  readonly id: string;
  readonly files: Files;
  /** Starts a process; its whole tree is killed when the signal aborts. Never throws: see `ExitStatus`. */
  exec(request: ExecRequest, signal: AbortSignal): Process;
  /** Roots come from `policy_cwd` (the session's), never from a command's directory. */
  resolve(policy: SandboxPolicy, policy_cwd: string): Promise<ResolvedPolicy>;
  /** Throws an error with code `sandbox_unavailable` when the policy cannot be enforced here. */
  confine(policy: ResolvedPolicy): Promise<Environment>;
  /** Was it the sandbox that said no? */
  denial(exit: ExitStatus, captured: Captured): Denial | undefined;
}

/** Argv form only: no shell string is ever built here. */
export type ExecRequest = {
  readonly argv: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** The child's whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: "closed" | "pipe";
  readonly pty?: { readonly cols: number; readonly rows: number };
  /** Milliseconds; absent: no limit. */
  readonly timeout_ms?: number;
};

export interface Process {
  readonly pid: number | undefined;
  /** Lossless, with back-pressure, one consumer. `capture()` of `@codex/exec` bounds it. */
  readonly output: AsyncIterable<OutputChunk>;
  /** Never rejects. Settles when the process has ended and its group is gone. */
  readonly exit: Promise<ExitStatus>;
  write(data: Uint8Array): Promise<void>;
  closeInput(): void;
  resize(cols: number, rows: number): void;
  kill(signal?: "SIGTERM" | "SIGKILL" | "SIGINT"): void;
}

export type OutputChunk = { readonly stream: "stdout" | "stderr"; readonly data: Uint8Array };

export type ExitStatus =
  | { readonly type: "exited"; readonly code: number }
  | { readonly type: "signaled"; readonly signal: string }
  | { readonly type: "timed_out" }
  | {
      readonly type: "failed_to_start";
      readonly code: "not_found" | "not_executable" | "sandbox_unavailable";
      readonly message: string;
    };

/** Output in arrival order: its head and its tail, and how many bytes between them were dropped. */
export type Captured = {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly omitted_bytes: number;
  readonly total_bytes: number;
};

/** File operations at a place. Paths are absolute. Failures throw an error with code `file_error` (see errors.ts). */
export interface Files {
  /** `undefined` when there is no such file. Longer than `limit` bytes is an error. */
  read(path: string, limit: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Creates or replaces; keeps mode, owner, hard links and symlinks of what was there. The parent must exist. */
  write(path: string, data: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Removes a regular file or a symlink. */
  remove(path: string, signal: AbortSignal): Promise<void>;
  rename(from: string, to: string, signal: AbortSignal): Promise<void>;
  /** Creates the directory and its missing parents. */
  mkdir(path: string, signal: AbortSignal): Promise<void>;
  /** Sorted by name. */
  list(path: string, signal: AbortSignal): Promise<readonly FileEntry[]>;
  /** Does not follow a final symlink. `undefined` when there is nothing. */
  stat(path: string, signal: AbortSignal): Promise<FileEntry | undefined>;
}

export type FileEntry = {
  readonly name: string;
  readonly type: "file" | "directory" | "symlink" | "other";
  /** Bytes. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
};
