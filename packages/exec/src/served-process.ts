import { constants as system } from "node:os";
import { resolve } from "node:path";
import { Socket } from "node:net";
import { readStatus } from "@codex/linux-sandbox";
import { endedProcess, failure, writeTo } from "./process.js";
import { pipeReader } from "./pipe-reader.js";
import { ProcessOutput } from "./process-output.js";
import { helperTree, limitTree } from "./tree.js";
import type { Writable } from "node:stream";
import type { Command } from "@codex/linux-sandbox";
import type { ExecRequest, ExitStatus, Process } from "@codex/protocol";
import type { CommandServer, ServedCommand, ServedEnd } from "./command-server.js";
import type { ReadBuffers } from "./pipe-reader.js";
import type { PipeEnds } from "./pipes.js";
import type { Failure } from "./process.js";
import type { Sources } from "./process-output.js";
import type { StopSignal, Tree } from "./tree.js";

/** Puts a command behind the helper: its argument list. */
export type Wrap = (command: Command) => readonly string[];

/** How the helper starts commands of one environment. */
export type Launch = {
  readonly wrap: Wrap;
  readonly server: CommandServer;
  /** Commands that name the same share a loopback network; absent: there is nothing to share. */
  readonly network?: string | undefined;
};

/** Starts a command through the server; whatever goes wrong is an exit status. The signal ends its whole tree. */
export function startServed(request: ExecRequest, launch: Launch, signal: AbortSignal): Process {
  if (request.argv.length === 0) return endedProcess(failure("not_found", "there is no program to run"));
  if (signal.aborted) return endedProcess({ type: "signaled", signal: "SIGKILL" });
  return new ServedProcess(request, launch, signal);
}

class ServedProcess implements Process {
  /** Only the server knows it. */
  readonly pid = undefined;
  readonly output = new ProcessOutput();
  readonly exit: Promise<ExitStatus>;
  readonly #tree: Tree;
  readonly #started: Promise<ServedCommand | Failure>;
  readonly #input: Promise<Writable | undefined>;
  readonly #buffers: ReadBuffers;

  constructor(request: ExecRequest, launch: Launch, signal: AbortSignal) {
    this.#buffers = launch.server.buffers;
    this.#started = begin(request, launch);
    this.#input = this.#started.then(inputOf);
    this.#tree = helperTree({ kill: (name) => void this.#started.then((started) => send(started, name)) });
    this.exit = this.#live(request.timeout_ms, signal);
  }

  async write(data: Uint8Array): Promise<void> {
    await writeTo(await this.#input, data);
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
    const started = await this.#started;
    this.output.attach("ends" in started ? sourcesOf(started.ends, this.#buffers) : {});
    const end = "ends" in started ? await started.ended : started;
    limit[Symbol.dispose]();
    if ("type" in end) return end;
    void this.#input.then((input) => input?.destroy());
    this.output.finish();
    await this.#tree.sweep(Promise.resolve());
    return limit.hasTimedOut() ? { type: "timed_out" } : statusOf(end);
  }
}

async function begin(request: ExecRequest, { wrap, server, network }: Launch): Promise<ServedCommand | Failure> {
  const shared = network === undefined ? undefined : await server.network(network);
  const command = { argv: request.argv, cwd: resolve(request.cwd), tty: false, served: true, network: shared };
  const [, ...words] = wrap(command);
  const started = await server.start({ words, env: request.env, stdin: request.stdin });
  return "ends" in started ? started : failure(started.code, started.message);
}

function sourcesOf({ stdout, stderr }: PipeEnds, buffers: ReadBuffers): Sources {
  return { stdout: pipeReader(stdout, buffers), stderr: pipeReader(stderr, buffers) };
}

function inputOf(started: ServedCommand | Failure): Writable | undefined {
  const fd = "ends" in started ? started.ends.stdin : undefined;
  if (fd === undefined) return undefined;
  const input = new Socket({ fd, readable: false, writable: true });
  return input.on("error", () => input.destroy());
}

function send(started: ServedCommand | Failure, name: NodeJS.Signals): void {
  if ("ends" in started) started.send(system.signals[name]);
}

function statusOf({ code, signal, said }: ServedEnd): ExitStatus {
  const failed = readStatus(said);
  if (failed !== undefined) return { type: "failed_to_start", ...failed };
  return signal === 0 ? { type: "exited", code } : { type: "signaled", signal: signalName(signal) };
}

export function signalName(signal: number): string {
  return Object.entries(system.signals).find(([, number]) => number === signal)?.[0] ?? `SIG${signal}`;
}
