import { closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { codeOf, lazy, messageOf } from "@codex/common";
import { ProcessOutput } from "./process-output.js";
import { endedProcess, failure, inputClosed } from "./process.js";
import { signalName } from "./served-process.js";
import { groupTree, helperTree, limitTree } from "./tree.js";
import type { IPty } from "@lydell/node-pty";
import type { ExecRequest, ExitStatus, Process } from "@codex/protocol";
import type { Open } from "./process-output.js";
import type { Launch } from "./served-process.js";
import type { StopSignal, Tree } from "./tree.js";

/** The library that makes terminals; it has a native part, which a machine may lack. */
export type TerminalLibrary = Pick<typeof import("@lydell/node-pty"), "spawn">;

export const loadTerminals: () => Promise<TerminalLibrary> = lazy(() => import("@lydell/node-pty"));

/** What the terminal driver takes for the end of the input, at the start of a line. */
const END_OF_INPUT = "\x04";
const LARGEST_SIDE = 65_535;

export type TerminalRequest = ExecRequest & { readonly pty: NonNullable<ExecRequest["pty"]> };

export type TerminalOptions = {
  /** Absent: without the helper. */
  readonly launch: Launch | undefined;
  readonly load: () => Promise<TerminalLibrary>;
};

/**
 * Starts a command that controls a terminal of its own, as a person's programs do: both streams come as one, with
 * echo. Whatever goes wrong is an exit status, except that a program which cannot be started says so on the terminal
 * (exit code 125 to 127). Without the helper what leaves the terminal's process group is out of reach.
 */
export function startTerminal(request: TerminalRequest, options: TerminalOptions, signal: AbortSignal): Process {
  const cwd = resolve(request.cwd);
  if (request.argv.length === 0) return endedProcess(failure("not_found", "there is no program to run"));
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return endedProcess(failure("not_found", `no such directory: ${cwd}`));
  }
  if (request.argv.some((word) => word.includes("\0"))) {
    return endedProcess(failure("not_executable", "an argument contains a NUL character"));
  }
  return new TerminalProcess({ ...request, cwd }, options, signal);
}

type End = { readonly exitCode: number; readonly signal?: number };

class TerminalProcess implements Process {
  readonly output = new ProcessOutput();
  readonly exit: Promise<ExitStatus>;
  readonly #request: TerminalRequest;
  readonly #launch: Launch | undefined;
  /** Settles when the terminal has been opened, or could not be. */
  readonly #opened: Promise<void>;
  /** While the command runs. */
  #live: { readonly terminal: IPty; readonly tree: Tree } | undefined;

  constructor(request: TerminalRequest, options: TerminalOptions, signal: AbortSignal) {
    this.#request = request;
    this.#launch = options.launch;
    let opened = (): void => undefined;
    this.#opened = new Promise((resolve) => (opened = resolve));
    this.exit = this.#run(options.load, signal, opened);
  }

  get pid(): number | undefined {
    return this.#live?.terminal.pid;
  }

  async write(data: Uint8Array): Promise<void> {
    await this.#opened;
    if (this.#live === undefined) throw inputClosed();
    this.#live.terminal.write(Buffer.from(data).toString());
  }

  closeInput(): void {
    void this.#opened.then(() => this.#live?.terminal.write(END_OF_INPUT));
  }

  resize(cols: number, rows: number): void {
    void this.#opened.then(() => this.#live?.terminal.resize(side(cols), side(rows)));
  }

  kill(signal: StopSignal = "SIGTERM"): void {
    void this.#opened.then(() => this.#live?.tree.send(signal));
  }

  async #run(load: TerminalOptions["load"], signal: AbortSignal, opened: () => void): Promise<ExitStatus> {
    try {
      const library = await load();
      const words = await this.#words();
      if (signal.aborted) return this.#notStarted({ type: "signaled", signal: "SIGKILL" });
      const terminal = this.#open(library, words);
      return await this.#follow(terminal, signal, opened);
    } catch (error) {
      const text = `terminals are not to be had here, only commands without (tty: false): ${firstLine(error)}`;
      return this.#notStarted(failure("not_executable", text));
    } finally {
      opened();
    }
  }

  #notStarted(status: ExitStatus): ExitStatus {
    this.output.attach({});
    return status;
  }

  async #words(): Promise<readonly string[]> {
    const { argv, cwd } = this.#request;
    if (this.#launch === undefined) return argv;
    const { wrap, server, network } = this.#launch;
    return wrap({ argv, cwd, tty: true, network: network === undefined ? undefined : await server.network(network) });
  }

  #open(library: TerminalLibrary, [program = "", ...words]: readonly string[]): IPty {
    const { cwd, env, pty } = this.#request;
    const size = { cols: side(pty.cols), rows: side(pty.rows) };
    return library.spawn(program, words, {
      ...size,
      cwd,
      env: { ...env },
      name: env["TERM"] ?? "dumb",
      encoding: null,
    });
  }

  async #follow(terminal: IPty, signal: AbortSignal, opened: () => void): Promise<ExitStatus> {
    const started = { pid: terminal.pid, kill: (by: string) => this.#live?.terminal.kill(by) };
    const tree = this.#launch === undefined ? groupTree(started) : helperTree(started);
    const hold = this.#launch === undefined ? holdOpen(terminal) : undefined;
    this.#live = { terminal, tree };
    opened();
    this.output.attach({ stdout: sourceOf(terminal) });
    const limit = limitTree(tree, this.#request.timeout_ms, signal);
    const end = await new Promise<End>((resolve) => terminal.onExit(resolve));
    this.#live = undefined;
    hold?.[Symbol.dispose]();
    limit[Symbol.dispose]();
    await tree.sweep(Promise.resolve());
    if (limit.hasTimedOut()) return { type: "timed_out" };
    return end.signal ? { type: "signaled", signal: signalName(end.signal) } : { type: "exited", code: end.exitCode };
  }
}

/** Its exit comes after its last output. A consumer that is still behind by then may lose the end. */
function sourceOf(terminal: IPty): Open {
  return (deliver, ended) => {
    const take = (data: string | Uint8Array): void => {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      if (deliver(bytes) === "pause") terminal.pause();
    };
    terminal.onData(take);
    terminal.onExit(ended);
    if (isStream(terminal)) terminal.on("end", () => readRest(terminal.fd, take));
    return { resume: () => terminal.resume(), close: ended };
  };
}

/**
 * A program that closes its streams before it ends would be killed: the library takes that for the end and hangs up.
 * The helper holds the terminal itself. The price is the 200 ms that the library then waits for the end.
 */
function holdOpen(terminal: object): Disposable | undefined {
  if (!("ptsName" in terminal) || typeof terminal.ptsName !== "string") return undefined;
  const descriptor = openSync(terminal.ptsName, constants.O_RDWR | constants.O_NOCTTY);
  return { [Symbol.dispose]: () => closeSync(descriptor) };
}

/** What the library's terminals have besides the declared parts. */
type Stream = { readonly fd: number; on(event: "end", listener: () => void): void };

function isStream(terminal: object): terminal is Stream {
  return "fd" in terminal && typeof terminal.fd === "number" && "on" in terminal && typeof terminal.on === "function";
}

/** Node takes the hang-up of a terminal for the end of its bytes, and leaves some kilobytes unread. */
function readRest(fd: number, take: (data: Uint8Array) => void): void {
  try {
    for (;;) {
      const buffer = Buffer.alloc(4096);
      const size = readSync(fd, buffer);
      if (size === 0) return;
      take(buffer.subarray(0, size));
    }
  } catch (error) {
    if (codeOf(error) !== "EIO" && codeOf(error) !== "EAGAIN") throw error;
  }
}

function side(size: number): number {
  return Math.max(1, Math.min(Math.trunc(size) || 1, LARGEST_SIDE));
}

function firstLine(error: unknown): string {
  return messageOf(error).split("\n")[0] ?? "";
}
