import { randomBytes } from "node:crypto";
import { constants } from "node:os";
import { codeOf, createController, messageOf } from "@codex/common";
import { readStatus } from "@codex/linux-sandbox";
import { ProcessOutput } from "../process-output.js";
import { endedProcess, failure, inputClosed } from "../process.js";
import { limitTree } from "../tree.js";
import { FailureFilter, MarkerFilter } from "./marker.js";
import { pump } from "./pump.js";
import { requestLine } from "./request.js";
import type { ExecRequest, ExitStatus, OutputChunk, Process } from "@codex/protocol";
import type { Failure } from "../process.js";
import type { StopSignal, Tree } from "../tree.js";
import type { Link } from "./link.js";
import type { Change } from "./pump.js";
import type { Keeper } from "./request.js";

/** Milliseconds that the far side has for a kill before its client is killed here. */
const LAST_RESORT = 5000;
const GRACE = 100;
/** The exit code of an ssh whose connection is gone. */
const CLIENT_FAILED = 255;
/** Milliseconds by which the warden's client may notice that later than a command's. */
const SLACK = 300;

export type FarOptions = { readonly connect: () => Promise<Link>; readonly keeper: Keeper };

/**
 * Starts a command on the far side of a link. Arguments, variables and folder go through the warden, the streams
 * through a client of their own. A command's death by a signal cannot be told from an exit code above 128 there: both
 * are `signaled` where there is such a signal.
 */
export function startFar(request: ExecRequest, options: FarOptions, signal: AbortSignal): Process {
  if (request.argv.length === 0) return endedProcess(failure("not_found", "there is no program to run"));
  if (signal.aborted) return endedProcess({ type: "signaled", signal: "SIGKILL" });
  const words = [...request.argv, request.cwd, ...Object.entries(request.env).flat()];
  if (words.some((word) => word.includes("\0"))) {
    return endedProcess(failure("not_executable", "an argument contains a NUL character"));
  }
  return new FarProcess(request, options, signal);
}

class FarProcess implements Process {
  readonly pid = undefined;
  readonly output = new ProcessOutput();
  readonly exit: Promise<ExitStatus>;
  readonly #id = randomBytes(16).toString("hex");
  readonly #client: Promise<Process | undefined>;
  #link: Link | undefined;
  #give_client: (client: Process | undefined) => void = () => undefined;
  #kill: StopSignal | undefined;

  constructor(request: ExecRequest, options: FarOptions, signal: AbortSignal) {
    this.#client = new Promise((resolve) => (this.#give_client = resolve));
    this.exit = this.#run(request, options, signal);
  }

  async write(data: Uint8Array): Promise<void> {
    const client = await this.#client;
    if (client === undefined) throw inputClosed();
    await client.write(data);
  }

  closeInput(): void {
    void this.#client.then((client) => client?.closeInput());
  }

  resize(cols: number, rows: number): void {
    void this.#client.then((client) => client?.resize(cols, rows));
  }

  kill(signal: StopSignal = "SIGTERM"): void {
    this.#kill = signal;
    this.#link?.kill(this.#id, signal);
  }

  async #run(request: ExecRequest, { connect, keeper }: FarOptions, signal: AbortSignal): Promise<ExitStatus> {
    try {
      const link = await connect();
      await link.put(this.#id, requestLine(this.#id, request, keeper));
      this.#link = link;
      if (this.#kill !== undefined) link.kill(this.#id, this.#kill);
      if (signal.aborted) return this.#notStarted({ type: "signaled", signal: "SIGKILL" });
      return await this.#follow(link, { request, keeper }, signal);
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      return this.#notStarted(failure("not_executable", messageOf(error)));
    } finally {
      this.#give_client(undefined);
    }
  }

  #notStarted(status: ExitStatus): ExitStatus {
    this.output.attach({});
    return status;
  }

  async #follow(link: Link, { request, keeper }: Command, signal: AbortSignal): Promise<ExitStatus> {
    const { client } = link;
    const { pty, stdin } = request;
    const words = ["/bin/sh", `${link.facts.directory}/run`, pty === undefined ? "run" : "tty", this.#id, keeper.type];
    const argv = client.runner(words, pty === undefined ? stdin : "terminal");
    const last = createController();
    const asked = { argv, cwd: "/", env: client.env, stdin, ...(pty !== undefined && { pty }) };
    const process = client.exec(asked, last.signal);
    const tree = farTree(link, this.#id, () => last.abort());
    const limit = limitTree(tree, request.timeout_ms, signal);
    this.#give_client(process);
    const said = new Said(this.#id, pty === undefined ? "stderr" : "stdout");
    const [end] = await Promise.all([process.exit, pump(process.output, this.output, said)]);
    limit[Symbol.dispose]();
    await tree.sweep(Promise.resolve());
    if (limit.hasTimedOut()) return { type: "timed_out" };
    return statusOf(end, said, link);
  }
}

type Command = { readonly request: ExecRequest; readonly keeper: Keeper };

function farTree(link: Link, id: string, abandon: () => void): Tree {
  const timers: NodeJS.Timeout[] = [];
  const send = (signal: StopSignal): void => link.kill(id, signal);
  return {
    send,
    stop() {
      if (timers.length > 0) return;
      send("SIGTERM");
      timers.push(
        setTimeout(() => send("SIGKILL"), GRACE),
        setTimeout(abandon, LAST_RESORT),
      );
    },
    sweep() {
      timers.forEach(clearTimeout);
      return Promise.resolve();
    },
  };
}

/** What a client says, apart from the command's own output. `told` is the stream where the start is known. */
class Said implements Change {
  readonly #markers: Readonly<Record<OutputChunk["stream"], MarkerFilter>>;
  readonly #failure: FailureFilter;
  readonly #told: MarkerFilter;

  constructor(id: string, told: OutputChunk["stream"]) {
    this.#markers = { stdout: new MarkerFilter(id), stderr: new MarkerFilter(id) };
    this.#failure = new FailureFilter(id);
    this.#told = this.#markers[told];
  }

  push({ stream, data }: OutputChunk): Uint8Array {
    const own = this.#markers[stream].push(data);
    return stream === "stderr" && own.length > 0 ? this.#failure.push(own) : own;
  }

  end(): Uint8Array {
    return this.#failure.end();
  }

  get hasBegun(): boolean {
    return this.#told.hasBegun;
  }

  get noise(): string {
    return this.#told.noise;
  }

  get failure(): Failure | undefined {
    const { said } = this.#failure;
    if (said === undefined) return undefined;
    const status = said.startsWith("{") ? readStatus(said) : undefined;
    if (status !== undefined) return { type: "failed_to_start", ...status };
    const [code, ...words] = said.trim().split(" ");
    return failure(code === "not_found" ? "not_found" : "not_executable", words.join(" "));
  }
}

async function statusOf(end: ExitStatus, said: Said, link: Link): Promise<ExitStatus> {
  if (end.type === "failed_to_start") return failure("not_executable", link.client.explain(end.message));
  const failed = said.failure;
  if (failed !== undefined) return failed;
  if (end.type !== "exited") return end;
  if (!said.hasBegun) {
    const is_lost = end.code === 0 || !link.isOpen;
    return failure("not_executable", is_lost ? link.lost().message : link.client.explain(said.noise));
  }
  if (end.code === CLIENT_FAILED && (await link.endsWithin(SLACK))) return { type: "signaled", signal: "SIGHUP" };
  const signal = Object.entries(constants.signals).find(([, number]) => number + 128 === end.code)?.[0];
  return signal === undefined ? end : { type: "signaled", signal };
}
