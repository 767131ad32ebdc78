import { CodexError, lazy } from "@codex/common";
import { createTransport, WireResponse } from "./transport.js";

/** From asking for a connection until it stands, in milliseconds. */
const CONNECT_MS = 8_000;

/** Our own watch ends a request; the package's may not fire before it. */
const NEVER_MS = 2 ** 31 - 1;

export type Post = {
  /** Below the base address. */
  readonly path: string;
  /** Without trailing slash. */
  readonly base_url: string;
  readonly query: Readonly<Record<string, string>>;
  /** All that go out, besides the length and the host. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
};

/** The way to a model provider: the openai package over our transport. */
export type Connection = Disposable & {
  /** `POST {base_url}{path}`, any status. Rejects with what the transport rejected with. */
  post(post: Post): Promise<WireResponse>;
};

export function createConnection(): Connection {
  const transport = createTransport({ connect_ms: CONNECT_MS });
  const loadPackage = lazy(() => import("openai"));
  // read while the session is made ready, and after its first line; a failure is told to the request that needs it
  setImmediate(() => void loadPackage().catch(() => undefined));
  return {
    post: async ({ base_url, path, query, headers, body, signal }) => {
      const { OpenAI } = await loadPackage();
      signal.throwIfAborted();
      let failure: unknown;
      const client = new OpenAI({
        baseURL: base_url,
        apiKey: "unused",
        adminAPIKey: null,
        organization: null,
        project: null,
        defaultQuery: query,
        timeout: NEVER_MS,
        maxRetries: 0,
        logLevel: "off",
        fetch: (url, init) =>
          transport.fetch(url, { ...init, headers }).catch((error: unknown) => {
            failure = error;
            throw error;
          }),
      });
      try {
        // A text with a content type goes out as it is.
        const request = { body, headers: { "content-type": "application/json" }, signal };
        const response = await client.post(path, request).asResponse();
        if (response instanceof WireResponse) return response;
      } catch (error) {
        throw failure ?? error;
      }
      throw new CodexError("internal", "the openai package answered with a response that is not ours");
    },
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}
