import { spawn } from "node:child_process";
import { Socket } from "node:net";
import { codeOf, messageOf } from "@codex/common";
import { STATUS_FD, commandServer, networkFrame, parseServerLine, runFrame, signalFrame } from "@codex/linux-sandbox";
import { ReadBuffers } from "./pipe-reader.js";
import { openPipes } from "./pipes.js";
import type { ChildProcess } from "node:child_process";
import type { RunRequest, ServerLine, SharedNetwork, StartFailure } from "@codex/linux-sandbox";
import type { PipeEnds } from "./pipes.js";

export type ServedEnd = Pick<Extract<ServerLine, { type: "ended" }>, "code" | "signal" | "said">;

/** A command that has begun, or not: that is known at its end (`said`). */
export type ServedCommand = {
  readonly ends: PipeEnds;
  readonly ended: Promise<ServedEnd>;
  /** `signal`: its number. Nothing happens once the command has ended. */
  send(signal: number): void;
};

type Offer = { readonly pid: number; readonly descriptors: readonly string[] };

/** SIGKILL: what the end of the server does to its commands. */
const KILLED: ServedEnd = { code: 0, signal: 9, said: "" };
/** Networks that one server holds; commands under a further policy have one each. */
const MOST_NETWORKS = 8;

/**
 * Starts the commands of one session through one small process of the helper, which lives from the first of them until
 * this is disposed. A fork of that process costs a tenth of a fork of ours, and it holds the networks that commands
 * share. Its death ends its commands; the next one gets a new server.
 */
export class CommandServer implements AsyncDisposable {
  /** For the output of its commands. */
  readonly buffers = new ReadBuffers();
  readonly #helper: string;
  #server: Server | undefined;
  #disposed = false;

  constructor(helper: string) {
    this.#helper = helper;
  }

  async start(request: Omit<RunRequest, "id">): Promise<ServedCommand | StartFailure> {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const server = this.#open();
      if (server === undefined) return unavailable("the environment has been disposed");
      const started = await server.start(request);
      if (started !== undefined) return started;
    }
    return this.#server?.failure ?? unavailable(`the sandbox helper ${this.#helper} ended too early`);
  }

  /** The network shared by all who name the same `key`; `undefined`: there is none to share. */
  async network(key: string): Promise<SharedNetwork | undefined> {
    return this.#open()?.network(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#server?.close();
  }

  #open(): Server | undefined {
    if (this.#disposed) return undefined;
    if (this.#server === undefined || this.#server.has_ended) this.#server = new Server(this.#helper);
    return this.#server;
  }
}

/** One process of the helper. */
class Server {
  failure: StartFailure | undefined;
  has_ended = false;
  readonly #child: ChildProcess;
  readonly #channel: Socket | undefined;
  readonly #closed: Promise<void>;
  #offer: Offer | undefined;
  #rest = "";
  #last_id = 0;
  /** Who waits for an offer. */
  readonly #waiting: ((offer: Offer | undefined) => void)[] = [];
  readonly #running = new Map<number, (end: ServedEnd) => void>();
  readonly #asked: ((network: SharedNetwork | undefined) => void)[] = [];
  readonly #networks = new Map<string, Promise<SharedNetwork | undefined>>();

  constructor(helper: string) {
    const [program = "", ...words] = commandServer(helper);
    const child = spawn(program, words, { cwd: "/", env: {}, stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const channel = child.stdio[STATUS_FD];
    this.#child = child;
    this.#channel = channel instanceof Socket ? channel : undefined;
    this.#closed = new Promise((resolve) => {
      child.once("error", (error) => {
        this.failure = unavailable(
          `the sandbox helper ${helper} cannot be started (${codeOf(error) ?? messageOf(error)})`,
        );
        this.#end();
        resolve();
      });
      child.once("exit", resolve);
    });
    this.#channel?.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    this.#channel?.once("error", () => this.#channel?.destroy());
    this.#channel?.once("close", () => this.#end());
    // who waits for a command keeps us alive; a server without one does not
    child.unref();
    this.#channel?.unref();
  }

  /** `undefined`: it has ended before the command could begin. */
  async start(request: Omit<RunRequest, "id">): Promise<ServedCommand | StartFailure | undefined> {
    const id = (this.#last_id += 1);
    const frame = runFrame({ ...request, id });
    if (frame === undefined) {
      return {
        code: "not_executable",
        message: "the arguments and variables of the command are too long, or have a NUL",
      };
    }
    this.#channel?.ref();
    const offer = this.#take() ?? (await this.#nextOffer());
    if (offer === undefined) return undefined;
    const { pid, descriptors } = offer;
    const ends = openPipes(pid, request.stdin === "pipe" ? descriptors : descriptors.slice(0, 2));
    if (ends === undefined) {
      this.#give(offer);
      this.#restUnlessNeeded();
      return this.has_ended ? undefined : unavailable("the pipes of a command cannot be opened: /proc is needed");
    }
    const ended = new Promise<ServedEnd>((resolve) => this.#running.set(id, resolve));
    // another's end may have come between the offer and here
    this.#channel?.ref();
    this.#channel?.write(frame);
    return {
      ends,
      ended,
      send: (signal) => void (this.#running.has(id) && this.#channel?.write(signalFrame(id, signal))),
    };
  }

  network(key: string): Promise<SharedNetwork | undefined> {
    const known = this.#networks.get(key);
    if (known !== undefined || this.has_ended || this.#networks.size === MOST_NETWORKS) {
      return known ?? Promise.resolve(undefined);
    }
    const network = new Promise<SharedNetwork | undefined>((resolve) => this.#asked.push(resolve));
    this.#networks.set(key, network);
    this.#channel?.ref();
    this.#channel?.write(networkFrame());
    return network;
  }

  async close(): Promise<void> {
    this.#child.ref();
    this.#channel?.destroy();
    await this.#closed;
  }

  #take(): Offer | undefined {
    const offer = this.#offer;
    this.#offer = undefined;
    return offer;
  }

  #give(offer: Offer): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#offer = offer;
    else next(offer);
  }

  #nextOffer(): Promise<Offer | undefined> {
    if (this.has_ended) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#hear(parseServerLine(line));
  }

  #hear(line: ServerLine | undefined): void {
    const { pid } = this.#child;
    if (line === undefined || pid === undefined) return;
    switch (line.type) {
      case "pipes":
        return this.#give({ pid, descriptors: line.descriptors });
      case "network":
        this.#asked.shift()?.({ holder: pid, user: line.user, net: line.net });
        return this.#restUnlessNeeded();
      case "no_network":
        this.#asked.shift()?.(undefined);
        return this.#restUnlessNeeded();
      case "ended":
        this.#running.get(line.id)?.({ code: line.code, signal: line.signal, said: line.said });
        this.#running.delete(line.id);
        return this.#restUnlessNeeded();
      default:
        line satisfies never;
    }
  }

  #restUnlessNeeded(): void {
    if (this.#running.size + this.#waiting.length + this.#asked.length === 0) this.#channel?.unref();
  }

  #end(): void {
    this.has_ended = true;
    for (const give of this.#waiting.splice(0)) give(undefined);
    for (const answer of this.#asked.splice(0)) answer(undefined);
    for (const end of this.#running.values()) end(KILLED);
    this.#running.clear();
  }
}

function unavailable(message: string): StartFailure {
  return { code: "sandbox_unavailable", message };
}
