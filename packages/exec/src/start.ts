import { startProcess } from "./process.js";
import { startServed } from "./served-process.js";
import { loadTerminals, startTerminal } from "./terminal.js";
import type { ExecRequest, Process } from "@codex/protocol";
import type { Launch } from "./served-process.js";

/** Starts a command with pipes, or on a terminal when the request has a size for one. `launch`: behind the helper. */
export function startCommand(request: ExecRequest, launch: Launch | undefined, signal: AbortSignal): Process {
  const { pty } = request;
  if (pty !== undefined) return startTerminal({ ...request, pty }, { launch, load: loadTerminals }, signal);
  return launch === undefined ? startProcess(request, signal) : startServed(request, launch, signal);
}
