import type { Config } from "@codex/config";
import { createCodex, explainHistory, historyText } from "@codex/core";
import type { Codex, RolloutLine, SessionQuery } from "@codex/protocol";
import type { ExplainFlags } from "./commands/explain.js";
import { EXIT, type ExitCode } from "./exit-codes.js";

/** `codex explain --history`: a changed policy over the commands of past sessions. */
export async function explainPast(flags: ExplainFlags, config: Config, signal: AbortSignal): Promise<ExitCode> {
  await using codex = createCodex({ env: process.env });
  const query = flags.all === true ? {} : { cwd: config.settings.cwd };
  const sessions = pastSessions(codex, query);
  const report = await explainHistory({ config, rules: flags.rules, sessions }, signal);
  process.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : historyText(report));
  return EXIT.ok;
}

async function* pastSessions(codex: Codex, query: SessionQuery): AsyncGenerator<Iterable<RolloutLine>> {
  let after: string | undefined;
  for (;;) {
    const page = await codex.list({ ...query, ...(after === undefined ? {} : { after }) });
    for (const { id } of page) yield (await codex.read(id)).lines;
    after = page.at(-1)?.cursor;
    if (after === undefined) return;
  }
}
