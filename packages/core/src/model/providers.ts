import { CodexError } from "@codex/common";
import type { Clock, Credential, Credentials, ModelProvider } from "@codex/protocol";
import { modelInfo } from "./catalog.js";
import { createConnection } from "./connection.js";
import { createResponsesClient } from "./responses.js";
import type { Signature } from "./responses.js";

export { userAgent } from "./request.js";

const OPENAI_URL = "https://api.openai.com/v1";
const CHATGPT_URL = "https://chatgpt.com/backend-api/codex";
const RETRY_CAP = 100;

/** `[model_providers.<id>]` of config.toml (core.md §2.10). */
export type ProviderSpec = {
  readonly name: string;
  /** Absent: OpenAI's, or ChatGPT's with ChatGPT credentials. */
  readonly base_url?: string;
  /** Variable that holds the bearer token. */
  readonly env_key?: string;
  /** Shown when the variable is missing. */
  readonly env_key_instructions?: string;
  readonly experimental_bearer_token?: string;
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

export type ModelProviderOptions = {
  /** By id; `openai` is built in and may be given. */
  readonly specs: Readonly<Record<string, ProviderSpec>>;
  readonly credentials: Credentials;
  readonly env: (name: string) => string | undefined;
  readonly clock: Clock;
  readonly originator: string;
  readonly user_agent: string;
  readonly version: string;
  readonly installation_id?: string;
  /** How long a server may be out of reach before the turn fails, in milliseconds. */
  readonly unreachable_limit_ms?: number;
};

/** Connects settings to a wire. Dispose it to close idle connections; they do not keep the process alive. */
export function createModelProvider(options: ModelProviderOptions): ModelProvider & Disposable {
  const connection = createConnection();
  return {
    client: (settings, { session }) => {
      const id = settings.model_provider;
      const spec = specOf(id, options.specs);
      return createResponsesClient({
        info: modelInfo(settings.model),
        settings,
        session,
        clock: options.clock,
        connection,
        originator: options.originator,
        user_agent: options.user_agent,
        installation_id: options.installation_id,
        stored: isAzure(spec),
        query: spec.query_params ?? {},
        request_max_retries: Math.min(spec.request_max_retries ?? 4, RETRY_CAP),
        stream_max_retries: Math.min(spec.stream_max_retries ?? 5, RETRY_CAP),
        idle_timeout_ms: spec.stream_idle_timeout_ms ?? 300_000,
        unreachable_limit_ms: options.unreachable_limit_ms ?? 15_000,
        sign: (signal) => sign({ id, spec, options, signal }),
      });
    },
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}

const BUILT_IN_OPENAI: ProviderSpec = {
  name: "OpenAI",
  requires_openai_auth: true,
  env_http_headers: { "OpenAI-Organization": "OPENAI_ORGANIZATION", "OpenAI-Project": "OPENAI_PROJECT" },
};

function specOf(id: string, specs: Readonly<Record<string, ProviderSpec>>): ProviderSpec {
  if (Object.hasOwn(specs, id)) {
    const spec = specs[id];
    if (spec !== undefined) return spec;
  }
  if (id === "openai") return BUILT_IN_OPENAI;
  const known = [...new Set([...Object.keys(specs), "openai"])].join(", ");
  throw new CodexError("config_invalid", `Model provider \`${id}\` not found; known providers: ${known}.`);
}

const AZURE_HOSTS =
  /openai\.azure\.|cognitiveservices\.azure\.|aoai\.azure\.|azure-api\.|azurefd\.|windows\.net\/openai/i;

/** core.md §2.2 */
function isAzure(spec: ProviderSpec): boolean {
  return spec.name.toLowerCase() === "azure" || AZURE_HOSTS.test(spec.base_url ?? "");
}

type Signing = {
  readonly id: string;
  readonly spec: ProviderSpec;
  readonly options: ModelProviderOptions;
  readonly signal: AbortSignal;
};

type Bearer = { readonly token: string; readonly advice: string; readonly credential?: Credential };

async function sign({ id, spec, options, signal }: Signing): Promise<Signature> {
  const bearer = await bearerOf(spec, options, signal);
  const isChatGpt = bearer?.credential?.type === "chatgpt";
  const base_url = baseUrl(spec, isChatGpt ? CHATGPT_URL : OPENAI_URL);
  if (bearer === undefined && base_url === OPENAI_URL) {
    throw new CodexError(
      "missing_credential",
      "No API key for OpenAI: set OPENAI_API_KEY (or CODEX_API_KEY), or choose another provider with model_provider.",
    );
  }
  const own = { ...spec.http_headers, ...headersFromEnv(spec, options) };
  const account = bearer?.credential?.type === "chatgpt" ? bearer.credential.account_id : undefined;
  return {
    base_url,
    headers: {
      ...(id === "openai" ? { version: options.version } : {}),
      ...lowerCased(own),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer.token}` }),
      ...(account === undefined ? {} : { "chatgpt-account-id": account }),
    },
    secrets: [
      ...(bearer === undefined ? [] : [bearer.token]),
      ...secretValues(own),
      ...secretValues(spec.query_params),
    ],
    advice: bearer?.advice ?? `No key was sent to ${spec.name}: name its variable with env_key in config.toml.`,
  };
}

/** The configured one; OpenAI's own address gives way to `fallback`. */
function baseUrl(spec: ProviderSpec, fallback: string): string {
  const configured = spec.base_url?.replace(/\/+$/, "");
  return configured === undefined || configured === "" || configured === OPENAI_URL ? fallback : configured;
}

/** In the order of core.md §2.2. */
async function bearerOf(
  spec: ProviderSpec,
  { env, credentials }: ModelProviderOptions,
  signal: AbortSignal,
): Promise<Bearer | undefined> {
  if (spec.env_key !== undefined) {
    const token = env(spec.env_key)?.trim() ?? "";
    if (token !== "") return { token, advice: `Check the key in ${spec.env_key}.` };
    const how = spec.env_key_instructions ?? `Set it to the API key of ${spec.name}.`;
    throw new CodexError("missing_credential", `Missing environment variable: \`${spec.env_key}\`. ${how}`);
  }
  const inline = spec.experimental_bearer_token;
  if (inline !== undefined) return { token: inline, advice: "Check experimental_bearer_token in config.toml." };
  if (spec.requires_openai_auth !== true) return undefined;
  const credential = await credentials.current(signal);
  if (credential === undefined) return undefined;
  const advice =
    credential.type === "api_key"
      ? "Check the API key (CODEX_API_KEY, OPENAI_API_KEY or auth.json)."
      : "The ChatGPT sign-in is no longer valid: sign in again.";
  return { token: credential.token, credential, advice };
}

function headersFromEnv(spec: ProviderSpec, { env }: ModelProviderOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [header, variable] of Object.entries(spec.env_http_headers ?? {})) {
    const value = env(variable)?.trim() ?? "";
    if (value !== "") headers[header] = value;
  }
  return headers;
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Values whose names say that they are keys. */
function secretValues(fields: Readonly<Record<string, string>> = {}): string[] {
  const names = Object.keys(fields).filter((name) => /key|token|secret|auth|cookie|sig/i.test(name));
  return names.flatMap((name) => fields[name] ?? []);
}
