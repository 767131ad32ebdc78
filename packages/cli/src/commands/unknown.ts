import { rootProblem } from "../args.js";
import { EXIT, type ExitCode } from "../exit-codes.js";

const HOW_TO = `There is no terminal interface yet. To give Codex a task, say:

  codex exec "explain this repository"

codex demo shows a recorded session; codex --help lists everything.
`;

/** No command, or one that does not exist. */
export function unknown(word: string | undefined): ExitCode {
  const text = word === undefined || /\s/.test(word) ? HOW_TO : `${rootProblem(word)}; see codex --help\n`;
  process.stderr.write(text);
  return EXIT.usage;
}
