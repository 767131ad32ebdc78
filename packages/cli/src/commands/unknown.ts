import { Command } from "commander";
import { COMMANDS } from "../commands.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { parse } from "../flags.js";

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

/** Why `codex WORD` is no command of ours, with the nearest one. */
export function rootProblem(word: string): string {
  const root = new Command("codex");
  for (const name of [...COMMANDS.map(({ words }) => words[0]), "help"]) root.command(name);
  const parsed = parse(root, [word], () => undefined);
  return parsed.type === "usage" ? parsed.message : `error: unknown command '${word}'`;
}
