import { CodexError } from "@codex/common";
import type { Clock, Credentials, ModelInfo, ModelProvider, TurnSettings } from "@codex/protocol";
import { catalogModels, modelInfo } from "./catalog.js";
import { createConnection } from "./connection.js";
import { chatWire } from "./chat.js";
import { deliverOnce } from "./once.js";
import { createRemoteModels } from "./remote-models.js";
import type { ModelsCache, RemoteModels } from "./remote-models.js";
import { responsesWire } from "./responses.js";
import type { ProviderSpec } from "./provider-spec.js";
import { sign } from "./signature.js";
import type { TokenCommands } from "./token-command.js";
import type { Wire } from "./wire.js";
import { createWireClient } from "./wire-client.js";

export { userAgent } from "./request.js";

const RETRY_CAP = 100;

export type ModelProviderOptions = {
  /** By id; `openai` is built in and may be given. */
  readonly specs: Readonly<Record<string, ProviderSpec>>;
  readonly credentials: Credentials;
  readonly tokens?: TokenCommands;
  readonly env: (name: string) => string | undefined;
  readonly clock: Clock;
  readonly originator: string;
  readonly user_agent: string;
  readonly version: string;
  readonly installation_id?: string;
  /** Keeps what a provider says of its models; absent: nobody is asked. */
  readonly models_cache?: ModelsCache;
  /** How long a server may be out of reach before the turn fails, in milliseconds. */
  readonly unreachable_limit_ms?: number;
};

export type LiveModels = ModelProvider &
  Disposable & {
    /** What a person may choose from; asks the provider at most once in five minutes. Throws `config_invalid`. */
    models(provider: string, signal: AbortSignal): Promise<readonly ModelInfo[]>;
    /** What is known of a model, without asking. Throws `config_invalid`. */
    info(settings: TurnSettings): ModelInfo;
  };

/** Connects settings to a wire. Dispose it to close idle connections; they do not keep the process alive. */
export function createModelProvider(options: ModelProviderOptions): LiveModels {
  const connection = createConnection();
  const remotes = new Map<string, RemoteModels>();
  const remoteOf = (id: string): RemoteModels | undefined => {
    const known = remotes.get(id) ?? createRemote(id, options);
    if (known !== undefined) remotes.set(id, known);
    return known;
  };
  return {
    info: ({ model, model_provider }) => remoteOf(model_provider)?.info(model) ?? modelInfo(model),
    models: async (id, signal) => (await remoteOf(id)?.list(signal)) ?? catalogModels(),
    client: (settings, { session }) => {
      const id = settings.model_provider;
      const spec = specOf(id, options.specs);
      const wire = spec.kind === "chat" ? chatWire : responsesWire;
      const remote = remoteOf(id);
      const client = createWireClient({
        wire,
        info: infoFor(wire, remote?.info(settings.model) ?? modelInfo(settings.model)),
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
        onResponse: (header) => remote?.heard(header),
        sign: (signal) => sign({ ...options, id, spec }, signal),
      });
      return deliverOnce(client);
    },
    [Symbol.dispose]: () => {
      for (const remote of remotes.values()) remote[Symbol.dispose]();
      connection[Symbol.dispose]();
    },
  };
}

/** Only of OpenAI's own service: others keep no list in this form. */
function createRemote(id: string, options: ModelProviderOptions): RemoteModels | undefined {
  const { models_cache: cache, clock, version, originator, user_agent } = options;
  const spec = specOf(id, options.specs);
  if (cache === undefined || spec.requires_openai_auth !== true) return undefined;
  const headers = { originator, "user-agent": user_agent };
  return createRemoteModels({
    cache,
    clock,
    version,
    headers,
    sign: (signal) => sign({ ...options, id, spec }, signal),
  });
}

/** The chat wire has no tools with free text. */
function infoFor(wire: Wire, info: ModelInfo): ModelInfo {
  return wire === chatWire ? { ...info, apply_patch: "function" } : info;
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
