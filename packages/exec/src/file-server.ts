import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { CodexError, invariant, messageOf, onAbort } from "@codex/common";
import { STATUS_FD, connectFiles, fileServer, readStatus } from "@codex/linux-sandbox";
import { fileDenial } from "./denial.js";
import { readStatusChannel } from "./status.js";
import type { Confinement } from "@codex/linux-sandbox";
import type { Denial, Files } from "@codex/protocol";

/** Milliseconds without work after which the helper ends; the next operation then sees the mounts of its day. */
const IDLE = 100;
/** Milliseconds that an operation may still take once its signal has aborted. */
const GRACE = 100;

/** A `file_error` that the sandbox caused. Recognise it by its `denial`. */
export class FileDenied extends CodexError<"file_error"> {
  readonly denial: Denial;

  constructor(denial: Denial, cause: unknown) {
    super("file_error", messageOf(cause), { cause });
    this.denial = denial;
  }
}

type Server = AsyncDisposable & {
  readonly files: Files;
  /** What the helper said about a failed start; known once it has ended. */
  readonly said: Promise<string>;
  /** Lets it end when its work is done. */
  close(): void;
  kill(): void;
};

type Work<T> = (files: Files, signal: AbortSignal) => Promise<T>;

/**
 * File operations carried out by the helper inside the confinement: one process per burst of operations, held in
 * `running` while it lives.
 */
export function createConfinedFiles(confinement: Confinement, running: Set<AsyncDisposable>): Files {
  const burst = new Burst(confinement, running);
  const run = async <T>(paths: readonly string[], signal: AbortSignal, work: Work<T>): Promise<T> => {
    try {
      return await burst.run(work, signal);
    } catch (error) {
      const errno = errnoOf(error) ?? "";
      const denials = paths.map((path) => fileDenial(errno, path, confinement.resolved));
      const denial = denials.find((found) => found !== undefined);
      throw denial === undefined ? error : new FileDenied(denial, error);
    }
  };
  return {
    read: (path, limit, signal) => run([path], signal, (files, inside) => files.read(path, limit, inside)),
    write: (path, data, signal) => run([path], signal, (files, inside) => files.write(path, data, inside)),
    remove: (path, signal) => run([path], signal, (files, inside) => files.remove(path, inside)),
    rename: (from, to, signal) => run([from, to], signal, (files, inside) => files.rename(from, to, inside)),
    mkdir: (path, signal) => run([path], signal, (files, inside) => files.mkdir(path, inside)),
    list: (path, signal) => run([path], signal, (files, inside) => files.list(path, inside)),
    stat: (path, signal) => run([path], signal, (files, inside) => files.stat(path, inside)),
  };
}

/** Starts the server for the first operation, ends it shortly after the last. */
class Burst {
  readonly #confinement: Confinement;
  readonly #running: Set<AsyncDisposable>;
  #server: Server | undefined;
  #working = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(confinement: Confinement, running: Set<AsyncDisposable>) {
    this.#confinement = confinement;
    this.#running = running;
  }

  /** Settles when the operation has: after an abort it has a short grace, then its server is killed. */
  async run<T>(work: Work<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    clearTimeout(this.#idle);
    const server = (this.#server ??= this.#start());
    this.#working += 1;
    let killer: NodeJS.Timeout | undefined;
    const listener = onAbort(signal, () => (killer = setTimeout(server.kill, GRACE)));
    try {
      return await work(server.files, new AbortController().signal);
    } catch (error) {
      if (errnoOf(error) !== undefined) throw error;
      this.#forget(server);
      server.kill();
      const failure = readStatus(await server.said);
      signal.throwIfAborted();
      throw failure === undefined ? error : new CodexError("sandbox_unavailable", failure.message);
    } finally {
      listener[Symbol.dispose]();
      clearTimeout(killer);
      this.#working -= 1;
      if (this.#working === 0) this.#idle = setTimeout(() => this.#close(), IDLE);
    }
  }

  #start(): Server {
    const server = startServer(this.#confinement, () => {
      this.#forget(server);
      this.#running.delete(server);
    });
    this.#running.add(server);
    return server;
  }

  #forget(server: Server): void {
    if (this.#server === server) this.#server = undefined;
  }

  #close(): void {
    this.#server?.close();
    this.#server = undefined;
  }
}

function startServer(confinement: Confinement, ended: () => void): Server {
  const [program = "", ...words] = fileServer(confinement);
  const child = spawn(program, words, { cwd: "/", env: {}, stdio: ["pipe", "pipe", "ignore", "pipe"] });
  const { stdin, stdout } = child;
  const channel = child.stdio[STATUS_FD];
  invariant(stdin !== null && stdout !== null && channel instanceof Duplex, "the pipes that were asked for are there");
  const closed = new Promise<void>((resolve) => {
    child.once("close", resolve);
    child.once("error", () => resolve());
  });
  void closed.then(ended);
  return {
    files: connectFiles({ input: stdin, output: stdout }),
    said: readStatusChannel(channel),
    close: () => stdin.end(),
    kill: () => child.kill("SIGKILL"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

/** Why the kernel refused; `undefined` when the server itself failed. */
function errnoOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== "object" || cause === null || !("errno" in cause)) return undefined;
  return typeof cause.errno === "string" ? cause.errno : undefined;
}
