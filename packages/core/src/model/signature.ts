import { CodexError } from "@codex/common";
import type { Credential, Credentials } from "@codex/protocol";
import type { ProviderSpec } from "./provider-spec.js";
import type { TokenCommands } from "./token-command.js";
import type { Signature } from "./wire-client.js";

const OPENAI_URL = "https://api.openai.com/v1";
const CHATGPT_URL = "https://chatgpt.com/backend-api/codex";

/** Who asks, and whom. */
export type Signing = {
  /** Of the provider. */
  readonly id: string;
  readonly spec: ProviderSpec;
  readonly credentials: Credentials;
  /** Absent: no program is run for a token. */
  readonly tokens?: TokenCommands | undefined;
  readonly env: (name: string) => string | undefined;
  readonly version: string;
};

type Bearer = {
  readonly token: string;
  readonly advice: string;
  readonly credential?: Credential;
  /** Another in its place, when it was refused. */
  readonly renew?: (refused: Credential, signal: AbortSignal) => Promise<Credential | undefined>;
};

/** Address, headers and key of a request. Throws `missing_credential`. */
export async function sign(signing: Signing, signal: AbortSignal): Promise<Signature> {
  const bearer = await bearerOf(signing, signal);
  return signatureOf(signing, bearer);
}

function signatureOf(signing: Signing, bearer: Bearer | undefined): Signature {
  const { id, spec, version } = signing;
  const isChatGpt = bearer?.credential?.type === "chatgpt";
  const base_url = baseUrl(spec, isChatGpt ? CHATGPT_URL : OPENAI_URL);
  if (bearer === undefined && base_url === OPENAI_URL) {
    throw new CodexError(
      "missing_credential",
      "No API key for OpenAI: set OPENAI_API_KEY (or CODEX_API_KEY), or choose another provider with model_provider.",
    );
  }
  const own = { ...spec.http_headers, ...headersFromEnv(signing) };
  return {
    base_url,
    lists_models: isChatGpt,
    headers: {
      ...(id === "openai" ? { version } : {}),
      ...lowerCased(own),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer.token}`, ...accountHeaders(bearer) }),
    },
    secrets: [
      ...(bearer === undefined ? [] : [bearer.token]),
      ...secretValues(own),
      ...secretValues(spec.query_params),
    ],
    advice: bearer?.advice ?? `No key was sent to ${spec.name}: name its variable with env_key in config.toml.`,
    renew: async (signal) => {
      if (bearer?.credential === undefined) return undefined;
      const renewed = await bearer.renew?.(bearer.credential, signal);
      return renewed === undefined ? undefined : signatureOf(signing, { ...bearer, ...bearerFrom(renewed) });
    },
  };
}

function accountHeaders({ credential }: Bearer): Record<string, string> {
  if (credential?.type !== "chatgpt") return {};
  return {
    ...(credential.account_id === undefined ? {} : { "chatgpt-account-id": credential.account_id }),
    ...(credential.is_fedramp === true ? { "x-openai-fedramp": "true" } : {}),
  };
}

/** The configured one; OpenAI's own address gives way to `fallback`. */
function baseUrl(spec: ProviderSpec, fallback: string): string {
  const configured = spec.base_url?.replace(/\/+$/, "");
  return configured === undefined || configured === "" || configured === OPENAI_URL ? fallback : configured;
}

/** In the order of core.md §2.2. */
async function bearerOf(
  { id, spec, env, credentials, tokens }: Signing,
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
  const own = spec.auth === undefined ? undefined : tokens?.(id, spec.auth);
  const source = own ?? (spec.requires_openai_auth === true ? credentials : undefined);
  const credential = await source?.current(signal);
  if (source === undefined || credential === undefined) return undefined;
  const advice = own === undefined ? {} : { advice: `Check what model_providers.${id}.auth prints.` };
  return { ...bearerFrom(credential), ...advice, renew: async (refused, later) => source.renew?.(refused, later) };
}

function bearerFrom(credential: Credential): Bearer {
  const advice =
    credential.type === "api_key"
      ? "Check the API key (CODEX_API_KEY, OPENAI_API_KEY or auth.json)."
      : "The ChatGPT sign-in is no longer valid: sign in again.";
  return { token: credential.token, credential, advice };
}

function headersFromEnv({ spec, env }: Signing): Record<string, string> {
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
