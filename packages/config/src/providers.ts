import { present } from "@codex/common";
import type { ConfigFile, ProviderTable } from "./keys.js";
import type { Env } from "./home.js";
import type { Problem } from "./schema.js";

/** How to reach a model (core.md §2.10). Every default is filled in. */
export type ModelProviderSpec = {
  readonly id: string;
  readonly name: string;
  /** The wire it speaks. `replay` sends nothing anywhere: a recording answers. */
  readonly kind: "responses" | "chat" | "replay";
  /** Without a slash at the end; empty for `replay`. */
  readonly base_url: string;
  /** Environment variable that holds the bearer token. */
  readonly env_key?: string;
  /** What to tell a user who has not set it. */
  readonly env_key_instructions?: string;
  readonly experimental_bearer_token?: string;
  readonly auth?: TokenCommand;
  readonly query_params: Readonly<Record<string, string>>;
  readonly http_headers: Readonly<Record<string, string>>;
  /** Header to the environment variable that holds its value. */
  readonly env_http_headers: Readonly<Record<string, string>>;
  readonly request_max_retries: number;
  readonly stream_max_retries: number;
  readonly stream_idle_timeout_ms: number;
  readonly websocket_connect_timeout_ms: number;
  /** The user's OpenAI credentials apply. */
  readonly requires_openai_auth: boolean;
  readonly supports_websockets: boolean;
};

/** A program that prints a bearer token. */
export type TokenCommand = {
  readonly command: string;
  readonly args: readonly string[];
  readonly timeout_ms: number;
  readonly refresh_interval_ms: number;
  /** Absolute. */
  readonly cwd?: string;
};

export type Report = (problem: Problem) => void;

const OPENAI_URL = "https://api.openai.com/v1";
const MOST_RETRIES = 100;

const DEFAULTS = {
  kind: "responses",
  query_params: {},
  http_headers: {},
  env_http_headers: {},
  request_max_retries: 4,
  stream_max_retries: 5,
  stream_idle_timeout_ms: 300_000,
  websocket_connect_timeout_ms: 15_000,
  requires_openai_auth: false,
  supports_websockets: false,
} as const;

/** Ids that a `[model_providers.<id>]` table may not take. */
const RESERVED: readonly string[] = ["openai", "amazon-bedrock", "ollama", "lmstudio", "replay"];

/** The built-in providers and the user's own, by id. */
export function resolveProviders(
  config: ConfigFile,
  env: Env,
  report: Report,
): Readonly<Record<string, ModelProviderSpec>> {
  const own = Object.entries(config.model_providers ?? {}).flatMap(([id, entry]) => {
    if (id === "amazon-bedrock") return reportBedrock(entry, report);
    return [[id, resolveProvider(id, entry, report)] as const];
  });
  return { ...builtIns(config, env, report), ...Object.fromEntries(own) };
}

/** The selected one. Must exist. */
export function selectProvider(
  config: ConfigFile,
  providers: Readonly<Record<string, ModelProviderSpec>>,
  report: Report,
): ModelProviderSpec | undefined {
  const id = config.model_provider ?? "openai";
  if (Object.hasOwn(providers, id)) return providers[id];
  report({ path: ["model_provider"], message: absence(id, Object.keys(providers)) });
  return undefined;
}

function absence(id: string, names: readonly string[]): string {
  if (id === "amazon-bedrock") return `"amazon-bedrock" is not supported yet`;
  if (id === "ollama-chat") return `"ollama-chat" is gone; use "ollama"`;
  return `no provider ${JSON.stringify(id)}; there are ${names.join(", ")}; add a [model_providers.<id>] table`;
}

function builtIns(config: ConfigFile, env: Env, report: Report): Readonly<Record<string, ModelProviderSpec>> {
  return {
    openai: {
      ...DEFAULTS,
      id: "openai",
      name: "OpenAI",
      base_url: baseUrl(config.openai_base_url, ["openai_base_url"], report),
      env_http_headers: { "OpenAI-Organization": "OPENAI_ORGANIZATION", "OpenAI-Project": "OPENAI_PROJECT" },
      requires_openai_auth: true,
      supports_websockets: true,
    },
    ollama: localServer("ollama", 11434, env),
    lmstudio: localServer("lmstudio", 1234, env),
    replay: { ...DEFAULTS, id: "replay", name: "replay", kind: "replay", base_url: "" },
  };
}

function localServer(id: string, port: number, env: Env): ModelProviderSpec {
  const base_url = env["CODEX_OSS_BASE_URL"] || `http://localhost:${env["CODEX_OSS_PORT"] || port}/v1`;
  return { ...DEFAULTS, id, name: "gpt-oss", base_url: base_url.replace(/\/+$/, "") };
}

function reportBedrock(entry: ProviderTable, report: Report): readonly [] {
  const key = Object.keys(entry).find((name) => name !== "aws");
  if (key !== undefined) {
    report({ path: ["model_providers", "amazon-bedrock", key], message: `"amazon-bedrock" takes only aws` });
  }
  return [];
}

function resolveProvider(id: string, entry: ProviderTable, report: Report): ModelProviderSpec {
  const at = ["model_providers", id];
  reportContradictions(id, entry, report);
  return {
    ...DEFAULTS,
    id,
    name: entry.name ?? id,
    kind: entry.wire_api === "chat" ? "chat" : "responses",
    base_url: baseUrl(entry.base_url, [...at, "base_url"], report),
    ...present("env_key", entry.env_key),
    ...present("env_key_instructions", entry.env_key_instructions),
    ...present("experimental_bearer_token", entry.experimental_bearer_token),
    ...present("auth", tokenCommand(entry.auth, at, report)),
    query_params: entry.query_params ?? {},
    http_headers: entry.http_headers ?? {},
    env_http_headers: entry.env_http_headers ?? {},
    request_max_retries: Math.min(entry.request_max_retries ?? DEFAULTS.request_max_retries, MOST_RETRIES),
    stream_max_retries: Math.min(entry.stream_max_retries ?? DEFAULTS.stream_max_retries, MOST_RETRIES),
    stream_idle_timeout_ms: entry.stream_idle_timeout_ms ?? DEFAULTS.stream_idle_timeout_ms,
    websocket_connect_timeout_ms: entry.websocket_connect_timeout_ms ?? DEFAULTS.websocket_connect_timeout_ms,
    requires_openai_auth: entry.requires_openai_auth ?? false,
    supports_websockets: entry.supports_websockets ?? false,
  };
}

function reportContradictions(id: string, entry: ProviderTable, report: Report): void {
  const at = ["model_providers", id];
  if (RESERVED.includes(id)) {
    const hint = id === "openai" ? "; to change only its address, set openai_base_url" : "";
    report({ path: at, message: `the ids ${RESERVED.join(", ")} are built in; rename this provider${hint}` });
  }
  if ((entry.name ?? "").trim() === "") report({ path: [...at, "name"], message: "expected a name, found none" });
  if (entry.wire_api !== undefined && entry.wire_api !== "responses" && entry.wire_api !== "chat") {
    const found = JSON.stringify(entry.wire_api);
    report({ path: [...at, "wire_api"], message: `expected "responses" or "chat", found ${found}` });
  }
  if (entry.aws !== undefined) report({ path: [...at, "aws"], message: `only "amazon-bedrock" takes aws` });
  const rival = (["env_key", "experimental_bearer_token", "requires_openai_auth"] as const).find((key) => entry[key]);
  if (entry.auth !== undefined && rival !== undefined) {
    report({ path: [...at, "auth"], message: `set either auth or ${rival}, not both` });
  }
}

function tokenCommand(entry: ProviderTable["auth"], at: readonly string[], report: Report): TokenCommand | undefined {
  if (entry === undefined) return undefined;
  const command = entry.command ?? "";
  if (command === "") report({ path: [...at, "auth", "command"], message: "expected a program, found none" });
  return {
    command,
    args: entry.args ?? [],
    timeout_ms: entry.timeout_ms ?? 5000,
    refresh_interval_ms: entry.refresh_interval_ms ?? 300_000,
    ...present("cwd", entry.cwd),
  };
}

function baseUrl(written: string | undefined, path: readonly string[], report: Report): string {
  if (written === undefined) return OPENAI_URL;
  if (!/^https?:\/\/[^/]/i.test(written) || !URL.canParse(written)) {
    report({ path, message: "expected an http:// or https:// address" });
  }
  return written.replace(/\/+$/, "");
}
