import { CodexError } from "@codex/common";
import { isSessionId, type Codex, type SessionId } from "@codex/protocol";
import { parseFork, parseResume, type ResumeFlags } from "./exec-flags.js";
import type { ExitCode } from "../exit-codes.js";
import { printParsed } from "../print-parsed.js";
import { runExecCommand } from "../run-exec-command.js";

/** `codex exec resume`: one more task of a session (core.md §6.2). */
export async function execResume(argv: readonly string[]): Promise<ExitCode> {
  const parsed = parseResume(argv);
  if (parsed.type !== "run") return printParsed(parsed, "exec resume");
  const flags = parsed.value;
  return runExecCommand({
    flags,
    async start(codex, cwd) {
      const id = await findSession(codex, flags, cwd);
      if (id !== undefined) return { type: "resume", id };
      const wanted = flags.session ?? (flags.all === true ? "any directory" : `the directory ${cwd}`);
      process.stderr.write(`There is no session for ${wanted}: starting a new one.\n`);
      return { type: "new" };
    },
  });
}

/** `codex exec fork`: one task of a new session that knows what another one did. */
export async function execFork(argv: readonly string[]): Promise<ExitCode> {
  const parsed = parseFork(argv);
  if (parsed.type !== "run") return printParsed(parsed, "exec fork");
  const flags = parsed.value;
  return runExecCommand({
    flags,
    async start(codex, cwd) {
      const id = await findSession(codex, flags, cwd);
      if (id === undefined) throw new CodexError("session_not_found", `no session has the name ${flags.session}`);
      return { type: "fork", id };
    },
  });
}

/** An id is taken as it is; a name has to be known (live.md §1.2). */
async function findSession(codex: Codex, flags: ResumeFlags, cwd: string): Promise<SessionId | undefined> {
  const { session } = flags;
  if (session !== undefined) return isSessionId(session) ? session : codex.named(session);
  if (flags.last !== true) return undefined;
  const [newest] = await codex.list({ limit: 1, ...(flags.all === true ? {} : { cwd }) });
  return newest?.id;
}
