import { EXIT, type ExitCode } from "../exit-codes.js";
import { VERSION } from "../version.js";

const HELP = `codex ${VERSION}: a coding agent for the command line

Usage: codex COMMAND [OPTIONS]

Commands:
  exec, e    Do one task without questions: codex exec "fix the failing test"
             Go on with a session, or from one: codex exec resume, codex exec fork
  sandbox    Run a command inside the sandbox: codex sandbox -s read-only -- ls
  explain    Say what would happen to a command, and why: codex explain -- git push
  execpolicy Say what rules files decide about a command: codex execpolicy check --rules FILE -- git push
  debug      Show the request that would be sent (debug prompt), or what compactions left out (debug dropped)
  demo       Watch a recorded session repair a small project; needs no key and no network
  help       Show this text

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
