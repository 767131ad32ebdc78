import os from "node:os";
import { CodexError, codeOf } from "@codex/common";
import type { Config, Env } from "@codex/config";
import type { Clock, Credentials, ModelInfo, ModelProvider, TurnSettings } from "@codex/protocol";
import { DEFAULT_MODEL, modelInfo } from "./catalog.js";
import { overrideInfo, overrideModels } from "./overrides.js";
import { createModelProvider } from "./providers.js";
import type { LiveModels } from "./providers.js";
import { userAgent } from "./request.js";
import type { ModelsCache } from "./remote-models.js";
import type { Run } from "./run.js";
import type { TokenCommands } from "./token-command.js";

export type SessionModelsOptions = {
  readonly config: Config;
  readonly run: Run;
  readonly credentials: Credentials;
  readonly tokens: TokenCommands;
  readonly env: Env;
  readonly clock: Clock;
  readonly originator: string;
  readonly version: string;
  readonly models_cache: ModelsCache;
};

export type SessionModels = {
  readonly provider: ModelProvider;
  /** When nobody names a model. */
  readonly default_model: string;
  info(settings: TurnSettings): ModelInfo;
  /** Releases what it holds; throws when a recording was not used up. */
  finish(): void;
};

/** For a session that never came about: that a recording was not used up is no news then. */
export function abandonModels(models: SessionModels): void {
  try {
    models.finish();
  } catch (error) {
    if (codeOf(error) !== "replay_exhausted") throw error;
  }
}

/** The models of one session: live ones, and around them what records or replays the run. */
export async function openSessionModels(options: SessionModelsOptions): Promise<SessionModels> {
  const { config, run } = options;
  if (config.provider.kind === "replay" && run.default_model === undefined) {
    const text = 'model_provider "replay" answers from a recording: name it with --replay FILE';
    throw new CodexError("config_invalid", text);
  }
  let live: LiveModels | undefined;
  const open = (): ModelProvider => (live = createLiveModels(options));
  const models = await run.models({ open, secrets: () => knownSecrets(options) });
  return {
    provider: overrideModels(models, config.model),
    default_model: run.default_model ?? DEFAULT_MODEL,
    info: (settings) => overrideInfo(live?.info(settings) ?? modelInfo(settings.model), config.model),
    finish: () => {
      live?.[Symbol.dispose]();
      run.finish();
    },
  };
}

function createLiveModels(options: SessionModelsOptions): LiveModels {
  const { config, credentials, tokens, env, clock, originator, version, models_cache } = options;
  return createModelProvider({
    specs: config.providers,
    credentials,
    tokens,
    env: (name) => env[name],
    clock,
    originator,
    version,
    models_cache,
    user_agent: userAgent({
      originator,
      version,
      os_name: os.type(),
      os_version: os.release(),
      arch: os.machine(),
    }),
  });
}

/** What must never stand in a recording, whatever it looks like. */
async function knownSecrets({ config, credentials, tokens, env }: SessionModelsOptions): Promise<readonly string[]> {
  const { signal } = new AbortController();
  const own = await credentials.current(signal);
  const { id, auth } = config.provider;
  const printed = auth === undefined ? undefined : await tokens(id, auth).current(signal);
  const configured = Object.values(config.providers).flatMap((provider) => [
    provider.experimental_bearer_token,
    provider.env_key === undefined ? undefined : env[provider.env_key],
    ...Object.values(provider.env_http_headers).map((name) => env[name]),
  ]);
  return [own?.token, printed?.token, ...configured].flatMap((secret) =>
    secret === undefined || secret === "" ? [] : [secret],
  );
}
