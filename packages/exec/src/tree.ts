import { onAbort } from "@codex/common";

/** Milliseconds between the request to end and the kill (house.md §6). */
const GRACE = 100;
/** The longest that a timer of Node's can wait, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Milliseconds that the helper has for the kill before it is killed itself. */
const LAST_RESORT = 1000;

export type StopSignal = "SIGTERM" | "SIGKILL" | "SIGINT";

/** A process that we started and have not yet seen end. */
type Started = { readonly pid?: number | undefined; kill(signal: NodeJS.Signals): unknown };

/** The processes of one command, as one thing that can be ended. */
export type Tree = {
  send(signal: StopSignal): void;
  /** TERM, a short grace, KILL. Further calls change nothing. */
  stop(): void;
  /** The command itself has ended: ends its left-overs; `patience` is waited for first. */
  sweep(patience: Promise<unknown>): Promise<void>;
};

/** The helper forwards signals to the command, kills all on SIGUSR1, and leaves nothing behind when it ends. */
export function helperTree(child: Started): Tree {
  const timers: NodeJS.Timeout[] = [];
  const kill = (): void => {
    child.kill("SIGUSR1");
    timers.push(setTimeout(() => child.kill("SIGKILL"), LAST_RESORT));
  };
  return {
    send: (signal) => (signal === "SIGKILL" ? kill() : void child.kill(signal)),
    stop() {
      if (timers.length > 0) return;
      child.kill("SIGTERM");
      timers.push(setTimeout(kill, GRACE));
    },
    sweep() {
      timers.forEach(clearTimeout);
      return Promise.resolve();
    },
  };
}

/** A process group that the command leads: what leaves the group (setsid) is out of reach. */
export function groupTree(child: Started): Tree {
  let timer: NodeJS.Timeout | undefined;
  const send = (signal: StopSignal | 0): boolean => child.pid !== undefined && signalGroup(child.pid, signal);
  return {
    send,
    stop() {
      if (timer !== undefined) return;
      send("SIGTERM");
      timer = setTimeout(() => send("SIGKILL"), GRACE);
    },
    async sweep(patience) {
      if (timer === undefined && send(0)) await patience;
      clearTimeout(timer);
      send("SIGKILL");
    },
  };
}

/** Stops the tree when the signal aborts or `timeout_ms` are over. Dispose it when the command has ended. */
export function limitTree(
  tree: Tree,
  timeout_ms: number | undefined,
  signal: AbortSignal,
): Disposable & { readonly hasTimedOut: () => boolean } {
  let timed_out = false;
  const expire = (): void => {
    timed_out = true;
    tree.stop();
  };
  const timer = timeout_ms === undefined ? undefined : setTimeout(expire, Math.min(timeout_ms, LONGEST_TIMER));
  const listener = onAbort(signal, () => tree.stop());
  return {
    hasTimedOut: () => timed_out,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      listener[Symbol.dispose]();
    },
  };
}

/** False when the group has gone. */
function signalGroup(leader: number, signal: StopSignal | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}
