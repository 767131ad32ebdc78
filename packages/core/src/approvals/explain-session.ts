import type { Config } from "@codex/config";
import { locate, originsOf } from "@codex/config";
import type { Because, ResolvedPolicy } from "@codex/protocol";
import type { Explanation } from "./explain.js";
import { explainCommand } from "./explain.js";
import { loadRuleBook, ruleFolders } from "./rule-book.js";
import { repositoryOf } from "./open.js";

export type ExplainRequest = {
  /** As it would be run: with the shell around a script. */
  readonly argv: readonly string[];
  readonly config: Config;
  readonly resolved: ResolvedPolicy;
};

/** What a session with this configuration would do with a command. Throws `config_invalid` for broken rules. */
export async function explainFor(
  { argv, config, resolved }: ExplainRequest,
  signal: AbortSignal,
): Promise<Explanation> {
  const book = await loadRuleBook(ruleFolders(config), signal);
  const { cwd } = config.settings;
  return explainCommand(
    { type: "exec", argv, cwd, tty: false, environment_id: "direct", permissions: "default" },
    config.settings,
    {
      rules: book.policy,
      rule_files: book.files,
      repository: repositoryOf(config),
      earlier: [],
      resolved,
      mode_origin: await originOf(config, "approval_policy"),
    },
  );
}

async function originOf(config: Config, key: string): Promise<Pick<Because, "file" | "line">> {
  const [origin] = originsOf(config, key);
  if (origin?.layer.file === undefined) return {};
  const position = await locate(origin);
  return { file: origin.layer.file, ...(position === undefined ? {} : { line: position.line }) };
}
