import { CodexError } from "@codex/common";
import type { Clock, Credentials, ModelInfo, ModelProvider } from "@codex/protocol";
import { modelInfo } from "./catalog.js";
import { createConnection } from "./connection.js";
import { chatWire } from "./chat.js";
import { deliverOnce } from "./once.js";
import { responsesWire } from "./responses.js";
import type { ProviderSpec } from "./provider-spec.js";
import { sign } from "./signature.js";
import type { Wire } from "./wire.js";
import { createWireClient } from "./wire-client.js";

export { userAgent } from "./request.js";

const RETRY_CAP = 100;

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
      const wire = spec.kind === "chat" ? chatWire : responsesWire;
      const { credentials, env, version } = options;
      const client = createWireClient({
        wire,
        info: infoFor(wire, settings.model),
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
        onResponse: () => undefined,
        sign: (signal) => sign({ id, spec, credentials, env, version }, signal),
      });
      return deliverOnce(client);
    },
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}

/** The chat wire has no tools with free text. */
function infoFor(wire: Wire, model: string): ModelInfo {
  const info = modelInfo(model);
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
