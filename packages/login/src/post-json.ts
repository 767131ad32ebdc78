import { CodexError, messageOf, onAbort, withTimeout } from "@codex/common";
import type { ClientRequest, IncomingMessage } from "node:http";

const TIMEOUT_MS = 30_000;
/** Of an answer; more is no answer to a question about tokens. */
const MOST_BYTES = 1 << 20;

export type JsonPost = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
};

/** Any status. Throws `unauthorized` with `retry: "backoff"` when nobody answers. */
export async function postJson(post: JsonPost, signal: AbortSignal): Promise<{ status: number; body: string }> {
  const { request } = post.url.startsWith("https:") ? await import("node:https") : await import("node:http");
  using limit = withTimeout(signal, TIMEOUT_MS);
  const headers = { "content-type": "application/json", accept: "application/json", ...post.headers };
  try {
    return await exchange(request(post.url, { method: "POST", headers }), JSON.stringify(post.body), limit.signal);
  } catch (error) {
    signal.throwIfAborted();
    const text = `The ChatGPT sign-in could not be renewed (${messageOf(error)}); check the network and try again.`;
    throw new CodexError("unauthorized", text, { retry: "backoff", cause: error });
  }
}

function exchange(
  request: ClientRequest,
  body: string,
  signal: AbortSignal,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const listener = onAbort(signal, () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    request.once("close", () => listener[Symbol.dispose]());
    request.once("error", reject);
    request.once("response", (response: IncomingMessage) => {
      readAll(response).then((text) => resolve({ status: response.statusCode ?? 0, body: text }), reject);
    });
    request.end(body);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > MOST_BYTES) throw new Error("the answer is too long");
  }
  return text;
}
