import { startProcess } from "./process.js";
import { loadTerminals, startTerminal } from "./terminal.js";
import type { ExecRequest, Process } from "@codex/protocol";
import type { Wrap } from "./process.js";

/** Starts a command with pipes, or on a terminal when the request has a size for one. */
export function startCommand(request: ExecRequest, wrap: Wrap | undefined, signal: AbortSignal): Process {
  const { pty } = request;
  if (pty === undefined) return startProcess(request, wrap, signal);
  return startTerminal({ ...request, pty }, { wrap, load: loadTerminals }, signal);
}
