import type { Config, Env } from "@codex/config";
import type { Clock, Environment, EventSink, SessionScope } from "@codex/protocol";
import { debugLogs } from "../home/debug-log.js";
import { createUsageFile } from "../home/usage-file.js";
import { notifySink } from "./notify.js";

export type SinkParts = {
  readonly config: Config;
  readonly scope: SessionScope;
  /** Where the session works. */
  readonly cwd: string;
  readonly env: Env;
  readonly clock: Clock;
  readonly originator: string;
  /** This machine, without a sandbox, and the variables of whatever runs there; may outlive us. */
  notifier(): { readonly host: Environment; readonly env: Readonly<Record<string, string>> };
  /** The session repeats another one: nothing is used. */
  readonly isCopy: boolean;
};

/** Who listens: the debug log, the user's notifier, and the book of what was used. */
export function openSinks(parts: SinkParts): EventSink[] {
  const { config, scope, cwd, env, clock, originator, isCopy } = parts;
  const secrets = secretsOf(config, env);
  const log = { level: env["CODEX_LOG"], folder: config.log_dir, session: scope.id, secrets, clock };
  const sinks: EventSink[] = [...debugLogs(log)];
  const { notify, home, settings } = config;
  if (notify !== undefined) {
    sinks.push(notifySink({ argv: notify, session: scope.id, cwd, client: originator, ...parts.notifier() }));
  }
  if (!isCopy) sinks.push(createUsageFile({ home, clock, scope, provider: settings.model_provider }));
  return sinks;
}

/** Values that no log may hold. */
function secretsOf({ providers }: Config, env: Env): readonly string[] {
  const names = Object.values(providers).flatMap(({ env_key }) => env_key ?? []);
  const tokens = Object.values(providers).flatMap(({ experimental_bearer_token }) => experimental_bearer_token ?? []);
  return [...tokens, ...["CODEX_API_KEY", "OPENAI_API_KEY", ...names].flatMap((name) => env[name] ?? [])];
}
