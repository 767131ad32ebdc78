import { createServer } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { CodexError } from "@codex/common";

/** A server on loopback that keeps what it is sent and answers with an empty response. */
export type RequestCapture = AsyncDisposable & {
  /** `http://127.0.0.1:PORT/v1` */
  readonly url: string;
  /** The body of the last request. */
  readonly body: string | undefined;
};

const ANSWER = [
  `event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_none"}}\n\n`,
  `data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`,
];

export async function captureRequest(): Promise<RequestCapture> {
  let body: string | undefined;
  const server = createServer((request, response) => {
    text(request).then(
      (received) => {
        if (request.method === "POST") body = received;
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end(ANSWER[request.url?.includes("/chat/") === true ? 1 : 0]);
      },
      // whoever asked has left, and waits for nothing
      () => response.destroy(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new CodexError("internal", "the server has no address");
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    get body() {
      return body;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
