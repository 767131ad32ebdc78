import { CodexError, withTimeout } from "@codex/common";
import { createTransport } from "./transport.js";

export type PlainQuestion = {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON by POST; absent: GET. */
  readonly body?: object;
  /** Until the whole answer is there; absent: as long as it takes. */
  readonly ms?: number;
  /** Called for each piece of the body, which is then not kept. */
  readonly onText?: (text: string) => void;
};

export type PlainAnswer = {
  readonly status: number;
  readonly text: string;
  readonly header: (name: string) => string | null;
};

const CONNECT_MS = 5_000;
/** No list of models is this long. */
const MOST_CHARACTERS = 8 * 1024 * 1024;

/** One question outside the model wires, over a connection of its own. Throws `connection_failed`. */
export async function askPlain(question: PlainQuestion, signal: AbortSignal): Promise<PlainAnswer> {
  using limit = withTimeout(signal, question.ms ?? NEVER_MS);
  using transport = createTransport({ connect_ms: CONNECT_MS });
  try {
    const body = question.body === undefined ? undefined : JSON.stringify(question.body);
    const response = await transport.ask(question.url, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...question.headers,
      },
      body: body ?? "",
      signal: limit.signal,
    });
    let text = "";
    for await (const chunk of response.chunks()) {
      if (question.onText !== undefined && response.status < 300) question.onText(chunk);
      else text += chunk;
      if (text.length > MOST_CHARACTERS) throw new Error("the answer is too long");
    }
    return { status: response.status, text, header: (name) => response.headers.get(name) };
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new CodexError("connection_failed", `${new URL(question.url).origin} cannot be asked: ${reason}`, {
      cause: error,
    });
  }
}

const NEVER_MS = 2 ** 31 - 1;
