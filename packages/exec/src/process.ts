import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { CodexError, codeOf, messageOf } from "@codex/common";
import { STATUS_FD, readStatus } from "@codex/linux-sandbox";
import { openPipes } from "./pipes.js";
import { ProcessOutput } from "./process-output.js";
import { readStatusChannel } from "./status.js";
import { groupTree, helperTree, limitTree } from "./tree.js";
import type { ChildProcess } from "node:child_process";
import type { Writable } from "node:stream";
import type { Command } from "@codex/linux-sandbox";
import type { ExecRequest, ExitStatus, Process } from "@codex/protocol";
import type { Sources } from "./process-output.js";
import type { StopSignal, Tree } from "./tree.js";

/** Puts a command behind the helper: the argv to spawn. */
export type Wrap = (command: Command) => readonly string[];

export type Failure = Extract<ExitStatus, { type: "failed_to_start" }>;
type End = { readonly code: number | null; readonly signal: string | null } | { readonly error: unknown };

/** Milliseconds that left-overs of a command may go on writing (exec.md §5.2). */
const DRAIN = 2000;

/**
 * Starts it; whatever goes wrong is an exit status. The whole tree ends when the signal aborts. Without `wrap` the
 * command leads a process group of its own.
 */
export function startProcess(request: ExecRequest, wrap: Wrap | undefined, signal: AbortSignal): Process {
  if (request.argv.length === 0) return endedProcess(failure("not_found", "there is no program to run"));
  if (signal.aborted) return endedProcess({ type: "signaled", signal: "SIGKILL" });
  const command = { argv: request.argv, cwd: resolve(request.cwd), tty: false, pipes: true };
  const [program = "", ...words] = wrap === undefined ? command.argv : wrap(command);
  const input = request.stdin === "pipe" ? "pipe" : "ignore";
  try {
    const child = spawn(program, words, {
      cwd: wrap === undefined ? command.cwd : "/",
      env: request.env,
      detached: wrap === undefined,
      stdio: wrap === undefined ? [input, "pipe", "pipe"] : [input, "pipe", "pipe", "pipe"],
    });
    const tree = wrap === undefined ? groupTree(child) : helperTree(child);
    const explain = (error: unknown): Failure => startFailure(error, { program, cwd: command.cwd, wrap });
    return new RunningProcess({ child, tree, explain }, request.timeout_ms, signal);
  } catch (error) {
    return endedProcess(startFailure(error, { program, cwd: command.cwd, wrap }));
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
  readonly tree: Tree;
  readonly explain: (error: unknown) => Failure;
};

class RunningProcess implements Process {
  readonly pid: number | undefined;
  readonly output = new ProcessOutput();
  readonly exit: Promise<ExitStatus>;
  readonly #child: ChildProcess;
  readonly #tree: Tree;
  readonly #input: Promise<Writable | undefined>;
  #give_input: ((input: Writable | undefined) => void) | undefined;
  readonly #explain: Parts["explain"];

  constructor({ child, tree, explain }: Parts, timeout_ms: number | undefined, signal: AbortSignal) {
    this.#child = child;
    this.pid = child.pid;
    this.#tree = tree;
    this.#explain = explain;
    this.#input = new Promise((resolve) => (this.#give_input = resolve));
    this.exit = this.#live(timeout_ms, signal);
  }

  async write(data: Uint8Array): Promise<void> {
    const input = await this.#input;
    if (input === undefined || !input.writable) throw inputClosed();
    await new Promise<void>((resolve, reject) => {
      input.write(data, (error) => (error ? reject(inputClosed()) : resolve()));
    });
  }

  closeInput(): void {
    void this.#input.then((input) => input?.end());
  }

  resize(): void {
    // only a terminal has a size
  }

  kill(signal: StopSignal = "SIGTERM"): void {
    this.#tree.send(signal);
  }

  async #live(timeout_ms: number | undefined, signal: AbortSignal): Promise<ExitStatus> {
    const limit = limitTree(this.#tree, timeout_ms, signal);
    const [end, said] = await Promise.all([endOf(this.#child), this.#connect()]);
    limit[Symbol.dispose]();
    this.#attach({}, undefined); // the helper ended before it offered any
    (await this.#input)?.destroy();
    this.output.finish();
    await this.#tree.sweep(Promise.race([this.output.ended, elapsed(DRAIN)]));
    if ("error" in end) return this.#explain(end.error);
    const failure = readStatus(said);
    if (failure !== undefined) return { type: "failed_to_start", ...failure };
    if (limit.hasTimedOut()) return { type: "timed_out" };
    return end.signal === null ? { type: "exited", code: end.code ?? -1 } : { type: "signaled", signal: end.signal };
  }

  /** Connects the streams; what the helper says about a failed start, nothing from anyone else. */
  #connect(): Promise<string> {
    const channel = this.#child.stdio[STATUS_FD];
    if (this.#child.pid !== undefined && channel instanceof Duplex) {
      return readStatusChannel(channel, (descriptors) => this.#exchange(descriptors));
    }
    this.#keepStreams();
    return Promise.resolve("");
  }

  #exchange(descriptors: readonly string[]): "taken" | "kept" {
    const { pid, exitCode, signalCode, stdin, stdout, stderr } = this.#child;
    // once it has been reaped, its number may be another's
    const isThere = exitCode === null && signalCode === null;
    const ends = pid !== undefined && isThere ? openPipes(pid, descriptors) : undefined;
    if (ends === undefined) {
      this.#keepStreams();
      return "kept";
    }
    const input =
      ends.stdin === undefined ? undefined : new Socket({ fd: ends.stdin, readable: false, writable: true });
    this.#attach(ends, input);
    for (const unused of [stdin, stdout, stderr]) unused?.destroy();
    return "taken";
  }

  #keepStreams(): void {
    const { stdin, stdout, stderr } = this.#child;
    this.#attach({ ...(stdout && { stdout }), ...(stderr && { stderr }) }, stdin ?? undefined);
  }

  /** Once. */
  #attach(sources: Sources, input: Writable | undefined): void {
    const give = this.#give_input;
    if (give === undefined) return;
    this.#give_input = undefined;
    input?.on("error", () => input.destroy());
    give(input);
    this.output.attach(sources);
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

export function inputClosed(): CodexError<"bad_request"> {
  return new CodexError("bad_request", "the input of the command is closed");
}

type Attempt = { readonly program: string; readonly cwd: string; readonly wrap: Wrap | undefined };

function startFailure(error: unknown, { program, cwd, wrap }: Attempt): Failure {
  const code = codeOf(error);
  if (code === "E2BIG") return failure("not_executable", "the arguments and variables of the command are too long");
  if (wrap !== undefined && (code === "ENOENT" || code === "EACCES")) {
    return failure("sandbox_unavailable", `the sandbox helper ${program} cannot be started (${code})`);
  }
  if (code !== "ENOENT") return failure("not_executable", `cannot execute ${program}: ${code ?? messageOf(error)}`);
  const no_directory = statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true;
  return failure("not_found", no_directory ? `no such directory: ${cwd}` : `no such program: ${program}`);
}

export function failure(code: Failure["code"], message: string): Failure {
  return { type: "failed_to_start", code, message };
}
