/** How long an interrupted run may take to put its things away, in milliseconds. */
const PATIENCE_MS = 5000;

export interface ProcessSignals extends Disposable {
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Dies of the signal that asked for it, when one other than SIGINT did (live.md §1.6). */
  finish(): void;
}

/** The first signal lets the run end in order; a second SIGINT ends it at once, and so does time. */
export function watchSignals(): ProcessSignals {
  const controller = new AbortController();
  let caught: NodeJS.Signals | undefined;
  const handlers = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((name) => {
    const handler = () => {
      if (caught !== undefined) {
        if (name === "SIGINT") process.exit(1);
        return;
      }
      caught = name;
      setTimeout(() => process.exit(1), PATIENCE_MS).unref();
      controller.abort(new Error(`stopped by ${name}`));
    };
    process.on(name, handler);
    return [name, handler] as const;
  });
  const release = () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
  return {
    signal: controller.signal,
    finish() {
      if (caught === undefined || caught === "SIGINT") return;
      release();
      process.kill(process.pid, caught);
    },
    [Symbol.dispose]: release,
  };
}
