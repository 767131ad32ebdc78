import { CodexError, fieldsOf, isFields, listOf, parseJson, textOf, withTimeout } from "@codex/common";
import type { Clock, ModelInfo } from "@codex/protocol";
import { catalogModels, modelInfo } from "./catalog.js";
import { decodeRemoteModel } from "./decode-models.js";
import { askPlain } from "./plain-http.js";
import type { Signature } from "./wire-client.js";

/** `models_cache.json` (core.md §5.7); the models as the server sent them. */
export type CachedModels = {
  /** Epoch milliseconds. */
  readonly fetched_at: number;
  readonly etag?: string;
  readonly client_version: string;
  readonly models: readonly unknown[];
};

export type ModelsCache = {
  /** `undefined`: none, or none that can be read. */
  read(): CachedModels | undefined;
  write(cached: CachedModels): void;
};

export type RemoteModelsOptions = {
  readonly cache: ModelsCache;
  readonly clock: Clock;
  readonly version: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sign: (signal: AbortSignal) => Promise<Signature>;
};

/** What a provider says of its models (core.md §2.11). */
export type RemoteModels = Disposable & {
  /** From what is cached, however old; nothing is asked. */
  info(slug: string): ModelInfo;
  /** Asks when what is cached is older than five minutes. Without an answer in five seconds: what is known. */
  list(signal: AbortSignal): Promise<readonly ModelInfo[]>;
  /** A request was answered well: now is the time to look, beside it, whether the list is still the same. */
  heard(header: (name: string) => string | null): void;
};

const FRESH_MS = 300_000;
const TIMEOUT_MS = 5_000;

export function createRemoteModels(options: RemoteModelsOptions): RemoteModels {
  const { cache, clock, version } = options;
  const life = new AbortController();
  let cached: CachedModels | undefined;
  let hasRead = false;
  let asking: Promise<void> | undefined;
  const current = (): CachedModels | undefined => {
    if (!hasRead) cached = cache.read();
    hasRead = true;
    return cached;
  };
  const isFresh = (): boolean => {
    const known = current();
    return known?.client_version === version && Math.abs(clock.now() - known.fetched_at) < FRESH_MS;
  };
  const refresh = (): Promise<void> => {
    asking ??= fetchModels(options, current(), life.signal)
      .then((fetched) => {
        cached = fetched ?? cached;
        if (fetched !== undefined) cache.write(fetched);
      })
      .finally(() => (asking = undefined));
    return asking;
  };
  return {
    info: (slug) => modelInfo(slug, decoded(current())),
    list: async (signal) => {
      if (!isFresh()) await refresh().catch(() => undefined);
      signal.throwIfAborted();
      const models = decoded(current());
      return models.length > 0 ? models : catalogModels();
    },
    heard: (header) => {
      const etag = header("x-models-etag");
      const hasChanged = etag !== null && etag !== current()?.etag;
      if (hasChanged || !isFresh()) refresh().catch(() => undefined);
    },
    [Symbol.dispose]: () => life.abort(new Error("the session is over")),
  };
}

function decoded(cached: CachedModels | undefined): readonly ModelInfo[] {
  return (cached?.models ?? []).flatMap((model) => decodeRemoteModel(model) ?? []);
}

/** `undefined`: the provider keeps no list for us. Throws when it does not answer. */
async function fetchModels(
  options: RemoteModelsOptions,
  before: CachedModels | undefined,
  signal: AbortSignal,
): Promise<CachedModels | undefined> {
  const { clock, version, headers, sign } = options;
  using limit = withTimeout(signal, TIMEOUT_MS);
  const signature = await sign(limit.signal);
  if (!signature.lists_models) return undefined;
  const etag = before?.client_version === version ? before.etag : undefined;
  const condition = etag === undefined ? {} : { "if-none-match": etag };
  const url = `${signature.base_url}/models?client_version=${encodeURIComponent(version)}`;
  const answer = await askPlain({ url, headers: { ...headers, ...signature.headers, ...condition } }, limit.signal);
  if (answer.status === 304 && before !== undefined) return { ...before, fetched_at: clock.now() };
  const body = parseJson(answer.text);
  const models = listOf(fieldsOf(body)["models"]);
  if (answer.status !== 200 || models.length === 0) {
    throw new CodexError("unexpected_status", `no list of models: status ${answer.status}`);
  }
  const told = answer.header("etag");
  return {
    fetched_at: clock.now(),
    ...(told === null ? {} : { etag: told }),
    client_version: version,
    models,
  };
}

/** A file's content, when it is such a list. */
export function decodeCachedModels(text: string): CachedModels | undefined {
  const fields = parseJson(text);
  if (!isFields(fields)) return undefined;
  const fetched_at = Date.parse(textOf(fields["fetched_at"]) ?? "");
  const etag = textOf(fields["etag"]);
  if (Number.isNaN(fetched_at)) return undefined;
  return {
    fetched_at,
    ...(etag === undefined ? {} : { etag }),
    client_version: textOf(fields["client_version"]) ?? "",
    models: listOf(fields["models"]),
  };
}
