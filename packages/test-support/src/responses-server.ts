import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { frame } from "./ev.js";
import type { RawText, SseEvent } from "./ev.js";

type Script = readonly (SseEvent | RawText)[];

/** How one request is answered. */
export type Reply =
  /** A good stream, then the end. */
  | Script
  | {
      readonly type: "stream";
      readonly events: Script;
      readonly headers?: Readonly<Record<string, string>>;
      /** Bytes to send before the connection is cut; absent: all. */
      readonly cut_after_bytes?: number;
      /** Events to send before the connection is cut; absent: all. */
      readonly cut_after_events?: number;
      /** `end`: an orderly end (default). `reset`: the connection breaks. `stay`: it stays open and silent. */
      readonly ending?: "end" | "reset" | "stay";
      /** One write per this many bytes, each in a tick of its own; absent: one write. */
      readonly chunk_bytes?: number;
    }
  | {
      readonly type: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** An object becomes JSON. */
      readonly body?: object | string;
    }
  /** Breaks the connection without an answer. */
  | { readonly type: "reset" }
  /** Never answers. */
  | { readonly type: "silence" }
  /** Decided when the request is there. */
  | { readonly type: "decided"; readonly decide: (request: ReceivedRequest) => Reply }
  /** Written by the test, piece by piece. */
  | { readonly type: "driven"; readonly drive: (stream: DrivenStream) => void };

export type DrivenStream = {
  send(...events: Script): void;
  /** Bytes as they are. */
  write(data: string | Uint8Array): void;
  end(): void;
  reset(): void;
  /** Resolves when the other side has closed the connection. */
  readonly closed: Promise<void>;
};

export type ReceivedRequest = {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed when it is JSON. */
  readonly body: unknown;
};

export type ResponsesServer = AsyncDisposable & {
  /** Base address of the API: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Sockets accepted so far. */
  readonly connections: number;
  /** Adds replies to the script; each answers one request. */
  answer(...replies: readonly Reply[]): void;
  /** Answers every request of a kind, like `GET /v1/models`, that the script leaves. */
  route(kind: string, reply: Reply): void;
  /** The only request so far; throws when there are none or several. */
  single(): ReceivedRequest;
  /** The `index`-th request, from 0; waits for it. */
  request(index: number): Promise<ReceivedRequest>;
  /** What the tool call was answered with, from the last request that holds its output. */
  outputOf(call_id: string): unknown;
  /** Throws when a reply was not asked for, or a request came that no reply stood for. */
  verify(): void;
  /** Stops; does not verify. */
  close(): Promise<void>;
  /** Stops, then verifies. */
  [Symbol.asyncDispose](): Promise<void>;
};

/** A fake model server on loopback. Requests outside its script are answered 500 and fail `verify()`. */
export async function startResponsesServer(...script: readonly Reply[]): Promise<ResponsesServer> {
  const replies: Reply[] = [...script];
  const requests: ReceivedRequest[] = [];
  const unexpected: string[] = [];
  const sockets = new Set<Socket>();
  const routes = new Map<string, Reply>();
  const arrivals = new EventEmitter();
  let connections = 0;

  const server = createServer((message, response) => {
    receive(message)
      .then((request) => {
        requests.push(request);
        const scripted = isModelRequest(request) ? replies.shift() : undefined;
        const reply = scripted ?? routes.get(routeOf(request));
        if (reply === undefined) unexpected.push(`${request.method} ${request.path}`);
        send(response, reply ?? UNEXPECTED, request);
        arrivals.emit("request");
      })
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const verify = (): void => {
    if (unexpected.length > 0) throw new Error(`unexpected requests: ${unexpected.join(", ")}`);
    if (replies.length > 0) throw new Error(`${replies.length} of the server's replies were never asked for`);
  };
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${portOf(server.address())}/v1`,
    requests,
    get connections() {
      return connections;
    },
    answer: (...more) => {
      replies.push(...more);
    },
    route: (kind, reply) => void routes.set(kind, reply),
    single: () => onlyOne(requests),
    request: (index) => requestAt(index, requests, arrivals),
    outputOf: (call_id) => outputOf(requests, call_id),
    verify,
    close,
    [Symbol.asyncDispose]: async () => {
      await close();
      verify();
    },
  };
}

async function requestAt(
  index: number,
  requests: readonly ReceivedRequest[],
  arrivals: EventEmitter,
): Promise<ReceivedRequest> {
  for (;;) {
    const request = requests[index];
    if (request !== undefined) return request;
    await once(arrivals, "request");
  }
}

function onlyOne(requests: readonly ReceivedRequest[]): ReceivedRequest {
  const [request] = requests;
  if (request === undefined || requests.length !== 1) throw new Error(`${requests.length} requests, not one`);
  return request;
}

function portOf(address: ReturnType<ReturnType<typeof createServer>["address"]>): number {
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

const UNEXPECTED: Reply = { type: "status", status: 500, body: "unexpected request: the script is over" };

/** Method and path, without the query. */
function routeOf({ method, path }: ReceivedRequest): string {
  return `${method} ${path.split("?")[0] ?? ""}`;
}

function isModelRequest(request: ReceivedRequest): boolean {
  return /^POST .*\/(responses|chat\/completions)$/.test(routeOf(request));
}

async function receive(message: IncomingMessage): Promise<ReceivedRequest> {
  let text = "";
  message.setEncoding("utf8");
  for await (const chunk of message) text += String(chunk);
  const { method = "", url: path = "", headers } = message;
  return { method, path, headers, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

function send(response: ServerResponse, reply: Reply, request: ReceivedRequest): void {
  if (isScript(reply)) return sendStream(response, { type: "stream", events: reply });
  switch (reply.type) {
    case "stream":
      return sendStream(response, reply);
    case "status": {
      const { status, headers = {}, body = "" } = reply;
      const isText = typeof body === "string";
      response.writeHead(status, { "content-type": isText ? "text/plain" : "application/json", ...headers });
      response.end(isText ? body : JSON.stringify(body));
      return;
    }
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "silence":
      return;
    case "decided":
      return send(response, reply.decide(request), request);
    case "driven":
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      return reply.drive(drivenStream(response));
    default:
      return reply satisfies never;
  }
}

function isScript(reply: Reply): reply is Script {
  return Array.isArray(reply);
}

function drivenStream(response: ServerResponse): DrivenStream {
  return {
    send: (...events) => void response.write(events.map(frame).join("")),
    write: (data) => void response.write(data),
    end: () => void response.end(),
    reset: () => response.socket?.resetAndDestroy(),
    closed: new Promise((resolve) => response.once("close", resolve)),
  };
}

type StreamReply = Extract<Reply, { readonly type: "stream" }>;

function sendStream(response: ServerResponse, reply: StreamReply): void {
  response.writeHead(200, { "content-type": "text/event-stream", ...reply.headers });
  const text = reply.events.slice(0, reply.cut_after_events).map(frame).join("");
  const bytes = Buffer.from(text).subarray(0, reply.cut_after_bytes);
  const isCut = reply.cut_after_bytes !== undefined || reply.cut_after_events !== undefined;
  const size = Math.max(1, reply.chunk_bytes ?? bytes.length);
  const step = (from: number): void => {
    if (from >= bytes.length) return finish(response, reply.ending ?? (isCut ? "reset" : "end"));
    response.write(bytes.subarray(from, from + size), () => setImmediate(() => step(from + size)));
  };
  if (bytes.length === 0) response.flushHeaders();
  step(0);
}

function finish(response: ServerResponse, ending: "end" | "reset" | "stay"): void {
  if (ending === "end") response.end();
  if (ending === "reset") response.socket?.resetAndDestroy();
}

/** What the wire says a tool answered: a string, or parts. `undefined`: nothing. */
function outputOf(requests: readonly ReceivedRequest[], call_id: string): unknown {
  for (const { body } of [...requests].reverse()) {
    const input = fieldOf(body, "input");
    const items: readonly unknown[] = Array.isArray(input) ? input : [];
    const item = items.find(
      (candidate) =>
        fieldOf(candidate, "call_id") === call_id && String(fieldOf(candidate, "type")).endsWith("_call_output"),
    );
    if (item !== undefined) return fieldOf(item, "output");
  }
  return undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
