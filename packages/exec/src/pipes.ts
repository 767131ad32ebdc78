import { closeSync, constants, openSync } from "node:fs";

/** Our ends of the pipes that the helper made. */
export type PipeEnds = { readonly stdout: number; readonly stderr: number; readonly stdin: number | undefined };

/**
 * Opens our ends by their numbers in the process that made them. What Node calls pipes are sockets, which a command
 * cannot open again (`tee /dev/stderr`), and which bash takes for a remote shell's. `undefined`: there is no `/proc`,
 * or the process has gone.
 */
export function openPipes(pid: number, [output, errors, input]: readonly string[]): PipeEnds | undefined {
  const opened: number[] = [];
  const open = (descriptor: string | undefined, mode: number): number => {
    const end = openSync(`/proc/${pid}/fd/${descriptor}`, mode | constants.O_NONBLOCK);
    opened.push(end);
    return end;
  };
  try {
    return {
      stdout: open(output, constants.O_RDONLY),
      stderr: open(errors, constants.O_RDONLY),
      stdin: input === undefined ? undefined : open(input, constants.O_WRONLY),
    };
  } catch (error) {
    opened.forEach((end) => closeSync(end));
    if (error instanceof Error) return undefined;
    throw error;
  }
}
