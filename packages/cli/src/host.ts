import { execFile, spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { codeOf } from "@codex/common";

export type Foreground = {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Opens descriptor 3 and collects what the program writes there. */
  readonly status: "none" | "pipe";
};

export type ForegroundEnd = {
  /** As a shell reports it: 128 + n for death by signal n. */
  readonly code: number;
  /** What descriptor 3 said. */
  readonly status: string;
};

/**
 * Runs a program with our input and output. Signals from the terminal reach it by themselves, so we outlive them;
 * SIGTERM and SIGHUP are passed on. Rejects when it cannot be started.
 */
export async function runForeground({ argv, env, status }: Foreground): Promise<ForegroundEnd> {
  const [program = "", ...args] = argv;
  const descriptors = ["inherit", "inherit", "inherit"] as const;
  const child = spawn(program, args, { env, stdio: status === "pipe" ? [...descriptors, "pipe"] : [...descriptors] });
  using _signals = passSignals(child);
  const channel = child.stdio[3];
  const reading = channel instanceof Readable ? text(channel) : "";
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exit, signal) => resolve(exit ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  return { code, status: await reading };
}

function passSignals(child: ChildProcess): Disposable {
  const stay = () => undefined;
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on("SIGINT", stay).on("SIGQUIT", stay).on("SIGTERM", pass).on("SIGHUP", pass);
  return {
    [Symbol.dispose]() {
      process.off("SIGINT", stay).off("SIGQUIT", stay).off("SIGTERM", pass).off("SIGHUP", pass);
    },
  };
}

export type Captured = {
  readonly code: number;
  readonly output: string;
  /** False: there is no such program. */
  readonly found: boolean;
};

/** Runs a small program of ours without input and gives what it wrote, at most 1 MiB. Never rejects. */
export function capture(
  [program = "", ...args]: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<Captured> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { cwd, env, maxBuffer: 1 << 20 }, (error, stdout, stderr) => {
      const said = stdout + stderr;
      if (error === null) return resolve({ code: 0, output: said, found: true });
      const code = typeof error.code === "number" ? error.code : 1;
      return resolve({ code, output: said === "" ? error.message : said, found: codeOf(error) !== "ENOENT" });
    });
    child.stdin?.end();
  });
}
