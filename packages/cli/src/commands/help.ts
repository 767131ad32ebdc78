import { COMMANDS } from "../commands.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { VERSION } from "../version.js";

const WIDTH = 12;
/** Later lines of a text stand under the first one. */
const LIST = COMMANDS.map(({ words, about }) => {
  const lines = about.map((line, index) => `  ${(index === 0 ? words.join(", ") : "").padEnd(WIDTH)}${line}`);
  return lines.join("\n");
}).join("\n");

const HELP = `codex ${VERSION}: a coding agent for the command line

Usage: codex COMMAND [OPTIONS]

Commands:
${LIST}
  ${"help".padEnd(WIDTH)}Show this text

Options, before or after the command:
  -c, --config KEY=VALUE   Override one value of config.toml
  -h, --help               Show this text, or the options of a command
  -V, --version            Show the version

Configuration: $CODEX_HOME/config.toml, by default ~/.codex/config.toml
Key:           CODEX_API_KEY or OPENAI_API_KEY
`;

/** `codex --help` */
export function help(): ExitCode {
  process.stdout.write(HELP);
  return EXIT.ok;
}
