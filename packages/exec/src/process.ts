import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { CodexError, codeOf, messageOf } from "@codex/common";
import { ProcessOutput } from "./process-output.js";
import { groupTree, limitTree } from "./tree.js";
import type { ChildProcess } from "node:child_process";
import type { Writable } from "node:stream";
import type { ExecRequest, ExitStatus, Process } from "@codex/protocol";
import type { StopSignal, Tree } from "./tree.js";

export type Failure = Extract<ExitStatus, { type: "failed_to_start" }>;
type End = { readonly code: number | null; readonly signal: string | null } | { readonly error: unknown };

/** Milliseconds that left-overs of a command may go on writing (exec.md §5.2). */
const DRAIN = 2000;

/**
 * Starts it as the leader of a process group, without the helper; whatever goes wrong is an exit status. The group
 * ends when the signal aborts.
 */
export function startProcess(request: ExecRequest, signal: AbortSignal): Process {
  const { argv, env } = request;
  const [program, ...words] = argv;
  const cwd = resolve(request.cwd);
  if (program === undefined) return endedProcess(failure("not_found", "there is no program to run"));
  if (signal.aborted) return endedProcess({ type: "signaled", signal: "SIGKILL" });
  const explain = (error: unknown): Failure => startFailure(error, program, cwd);
  try {
    const input = request.stdin === "pipe" ? "pipe" : "ignore";
    const child = spawn(program, words, { cwd, env, detached: true, stdio: [input, "pipe", "pipe"] });
    return new RunningProcess({ child, explain }, request.timeout_ms, signal);
  } catch (error) {
    return endedProcess(explain(error));
  }
}

/** A process that never was. */
export function endedProcess(status: ExitStatus): Process {
  const output = new ProcessOutput();
  output.attach({});
  return {
    pid: undefined,
    output,
    exit: Promise.resolve(status),
    write: () => Promise.reject(inputClosed()),
    closeInput: () => undefined,
    resize: () => undefined,
    kill: () => undefined,
  };
}

type Parts = {
  readonly child: ChildProcess;
  readonly explain: (error: unknown) => Failure;
};

class RunningProcess implements Process {
  readonly pid: number | undefined;
  readonly output = new ProcessOutput();
  readonly exit: Promise<ExitStatus>;
  readonly #child: ChildProcess;
  readonly #tree: Tree;
  readonly #explain: Parts["explain"];

  constructor({ child, explain }: Parts, timeout_ms: number | undefined, signal: AbortSignal) {
    const { stdin, stdout, stderr } = child;
    this.#child = child;
    this.pid = child.pid;
    this.#tree = groupTree(child);
    this.#explain = explain;
    stdin?.on("error", () => stdin.destroy());
    this.output.attach({ ...(stdout && { stdout }), ...(stderr && { stderr }) });
    this.exit = this.#live(timeout_ms, signal);
  }

  write(data: Uint8Array): Promise<void> {
    return writeTo(this.#child.stdin ?? undefined, data);
  }

  closeInput(): void {
    this.#child.stdin?.end();
  }

  resize(): void {
    // only a terminal has a size
  }

  kill(signal: StopSignal = "SIGTERM"): void {
    this.#tree.send(signal);
  }

  async #live(timeout_ms: number | undefined, signal: AbortSignal): Promise<ExitStatus> {
    const limit = limitTree(this.#tree, timeout_ms, signal);
    const end = await endOf(this.#child);
    limit[Symbol.dispose]();
    this.#child.stdin?.destroy();
    this.output.finish();
    await this.#tree.sweep(Promise.race([this.output.ended, elapsed(DRAIN)]));
    if ("error" in end) return this.#explain(end.error);
    if (limit.hasTimedOut()) return { type: "timed_out" };
    return end.signal === null ? { type: "exited", code: end.code ?? -1 } : { type: "signaled", signal: end.signal };
  }
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      if (child.pid === undefined) resolve({ error });
    });
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** Rejects when nobody can read it any more. */
export async function writeTo(input: Writable | undefined, data: Uint8Array): Promise<void> {
  if (input === undefined || !input.writable) throw inputClosed();
  await new Promise<void>((resolve, reject) => {
    input.write(data, (error) => (error ? reject(inputClosed()) : resolve()));
  });
}

export function inputClosed(): CodexError<"bad_request"> {
  return new CodexError("bad_request", "the input of the command is closed");
}

function startFailure(error: unknown, program: string, cwd: string): Failure {
  const code = codeOf(error);
  if (code === "E2BIG") return failure("not_executable", "the arguments and variables of the command are too long");
  if (code !== "ENOENT") return failure("not_executable", `cannot execute ${program}: ${code ?? messageOf(error)}`);
  const no_directory = statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true;
  return failure("not_found", no_directory ? `no such directory: ${cwd}` : `no such program: ${program}`);
}

export function failure(code: Failure["code"], message: string): Failure {
  return { type: "failed_to_start", code, message };
}
