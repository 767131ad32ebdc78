import { CodexError, lazy, onAbort } from "@codex/common";
import type http from "node:http";
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { HeaderList } from "./headers.js";

/** How long a finished stream may take to close before its connection is given up. */
const DRAIN_MS = 1000;

/** Of an error body; the rest is dropped and the text says so. */
const ERROR_BODY_BYTES = 64 * 1024;

export type TransportOptions = {
  /** From the start of a request until TCP and TLS stand, in milliseconds. */
  readonly connect_ms: number;
};

export type WireRequest = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty: none. */
  readonly body: string;
  readonly signal: AbortSignal;
};

export type Transport = Disposable & {
  /** Any status. Rejects with Node's own error, with `connection_failed`, or with the signal's reason. */
  ask(url: string, request: WireRequest): Promise<WireResponse>;
  /** Given to the openai package in place of the global `fetch`. Never follows redirects. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
};

/** HTTP over node:http(s) with one keep-alive agent per scheme. Idle sockets do not keep the process alive. */
export function createTransport(options: TransportOptions): Transport {
  const agents = new Set<Agent>();
  const open = ({ Agent, request }: Pick<typeof http, "Agent" | "request">) => {
    const agent = new Agent({ keepAlive: true });
    agents.add(agent);
    return (url: URL, head: RequestOptions) => request(url, { ...head, agent });
  };
  // nothing is asked before a session has begun, and TLS is a sixth of what a start with a local server loads
  const loadPlain = lazy(async () => open(await import("node:http")));
  const loadSecure = lazy(async () => open(await import("node:https")));
  const ask = async (address: string, { method, headers, body, signal }: WireRequest): Promise<WireResponse> => {
    const url = new URL(address);
    const length = String(Buffer.byteLength(body));
    const request = await (url.protocol === "https:" ? loadSecure() : loadPlain());
    signal.throwIfAborted();
    const exchanged = request(url, { method, headers: { ...headers, "content-length": length } });
    return exchange(exchanged, body, { signal, connect_ms: options.connect_ms, url });
  };
  return {
    ask,
    fetch: (input, init = {}) =>
      ask(input instanceof URL || typeof input === "string" ? String(input) : input.url, {
        method: init.method ?? "GET",
        headers: plainHeaders(init),
        body: typeof init.body === "string" ? init.body : "",
        signal: init.signal ?? new AbortController().signal,
      }),
    [Symbol.dispose]: () => {
      for (const agent of agents) agent.destroy();
    },
  };
}

type ExchangeOptions = { readonly signal: AbortSignal; readonly connect_ms: number; readonly url: URL };

function exchange(request: ClientRequest, body: string, options: ExchangeOptions): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    const listener = onAbort(options.signal, () => {
      // a response that has arrived but was not read to its end takes the request's own listener off the socket
      request.socket?.once("error", () => undefined);
      request.destroy(abortError(options.signal));
    });
    const timer = setTimeout(() => request.destroy(connectTimeout(options)), options.connect_ms);
    const connected = (): void => clearTimeout(timer);
    request.once("socket", (socket) => {
      if (!socket.connecting) return connected();
      socket.once(options.url.protocol === "https:" ? "secureConnect" : "connect", connected);
    });
    request.on("error", (error) => {
      connected();
      listener[Symbol.dispose]();
      reject(error);
    });
    request.once("response", (message) => {
      connected();
      message.once("close", () => listener[Symbol.dispose]());
      resolve(new WireResponse(message, options.url.href));
    });
    request.end(body);
  });
}

function connectTimeout({ connect_ms, url }: ExchangeOptions): Error {
  return new CodexError("connection_failed", `no connection to ${url.host} within ${connect_ms} ms`);
}

function abortError(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("aborted", { cause: signal.reason });
}

function plainHeaders(init: RequestInit): Record<string, string> {
  const { headers = {} } = init;
  const entries = Symbol.iterator in headers ? headers : Object.entries(headers);
  const plain: Record<string, string> = {};
  for (const [name, value] of entries) {
    if (name !== undefined && value !== undefined) plain[name] = String(value);
  }
  return plain;
}

/**
 * The part of the web's `Response` that the openai package touches. `ok` is always true, so that the package hands
 * every response over unread: statuses are judged in http-errors.ts.
 */
export class WireResponse implements Response {
  readonly headers: HeaderList;
  readonly ok = true;
  readonly status: number;
  readonly statusText: string;
  readonly type = "default";
  readonly redirected = false;
  readonly body = null;
  readonly bodyUsed = false;
  readonly url: string;
  readonly #message: IncomingMessage;

  constructor(message: IncomingMessage, url: string) {
    this.#message = message;
    this.url = url;
    this.status = message.statusCode ?? 0;
    this.statusText = message.statusMessage ?? "";
    this.headers = new HeaderList();
    for (const [name, value = ""] of Object.entries(message.headers)) {
      this.headers.set(name, Array.isArray(value) ? value.join(", ") : value);
    }
  }

  /** The body as it arrives, decoded as UTF-8 across chunk borders. Throws Node's own error when the wire breaks. */
  async *chunks(): AsyncGenerator<string, void, undefined> {
    this.#message.setEncoding("utf8");
    for await (const chunk of this.#message.iterator({ destroyOnReturn: false })) {
      if (typeof chunk === "string") yield chunk;
    }
  }

  /** An error's body, cut after 64 KiB. */
  readonly text = async (): Promise<string> => {
    let text = "";
    for await (const chunk of this.chunks()) {
      text += chunk;
      if (text.length > ERROR_BODY_BYTES) {
        this.#message.destroy();
        return `${text.slice(0, ERROR_BODY_BYTES)} (cut after ${ERROR_BODY_BYTES} characters)`;
      }
    }
    return text;
  };

  /** Lets the connection be used again if the body ends soon, and closes it otherwise. Waits one tick for the end. */
  async release(): Promise<void> {
    const message = this.#message;
    if (message.closed) return;
    const timer = setTimeout(() => message.destroy(), DRAIN_MS).unref();
    message.once("close", () => clearTimeout(timer));
    message.once("error", () => clearTimeout(timer));
    message.socket.unref();
    message.resume();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Closes the connection. */
  abandon(): void {
    this.#message.once("error", () => undefined);
    this.#message.destroy();
  }

  readonly json = async (): Promise<unknown> => JSON.parse(await this.text());
  readonly arrayBuffer = (): Promise<never> => unsupported("arrayBuffer");
  readonly blob = (): Promise<never> => unsupported("blob");
  readonly bytes = (): Promise<never> => unsupported("bytes");
  readonly formData = (): Promise<never> => unsupported("formData");
  readonly clone = (): never => {
    throw new CodexError("internal", "a wire response cannot be cloned");
  };
}

function unsupported(name: string): Promise<never> {
  return Promise.reject(new CodexError("internal", `a wire response has no ${name}()`));
}
