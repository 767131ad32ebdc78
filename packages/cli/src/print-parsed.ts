import type { Parsed } from "./flags.js";
import { EXIT, type ExitCode } from "./exit-codes.js";

/** Shows the help or the mistake of a command line that is not to be run. */
export function printParsed(parsed: Exclude<Parsed<unknown>, { type: "run" }>, command: string): ExitCode {
  if (parsed.type === "help") {
    process.stdout.write(parsed.text);
    return EXIT.ok;
  }
  process.stderr.write(`${parsed.message}; see codex ${command} --help\n`);
  return EXIT.usage;
}
