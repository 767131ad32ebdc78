import type { TokenCommand } from "./token-command.js";

/** `[model_providers.<id>]` of config.toml (core.md §2.10). */
export type ProviderSpec = {
  readonly name: string;
  /** Which wire it speaks; `replay` never gets here. Default: `responses`. */
  readonly kind?: "responses" | "chat" | "replay";
  /** Absent: OpenAI's, or ChatGPT's with ChatGPT credentials. */
  readonly base_url?: string;
  /** Variable that holds the bearer token. */
  readonly env_key?: string;
  /** Shown when the variable is missing. */
  readonly env_key_instructions?: string;
  readonly experimental_bearer_token?: string;
  /** Prints the bearer token. */
  readonly auth?: TokenCommand;
  /** Only then are `credentials` sent: a key never goes to a stranger. */
  readonly requires_openai_auth?: boolean;
  readonly query_params?: Readonly<Record<string, string>>;
  readonly http_headers?: Readonly<Record<string, string>>;
  /** Header → variable; sent when the variable is set and not blank. */
  readonly env_http_headers?: Readonly<Record<string, string>>;
  readonly request_max_retries?: number;
  readonly stream_max_retries?: number;
  readonly stream_idle_timeout_ms?: number;
};
