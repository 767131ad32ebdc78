/** Builders of the chat wire's chunks, as servers send them (core.md §2.12). */
import type { RawText } from "./ev.js";

export type ChatCallPiece = {
  readonly index?: number;
  readonly id?: string;
  readonly name?: string;
  readonly arguments?: string | object;
};

function chunk(choice: object, more: object = {}): RawText {
  const body = { id: "chatcmpl-1", object: "chat.completion.chunk", choices: [{ index: 0, ...choice }], ...more };
  return { raw: `data: ${JSON.stringify(body)}\n\n` };
}

export const chat = {
  text: (content: string): RawText => chunk({ delta: { role: "assistant", content } }),

  delta: (delta: object): RawText => chunk({ delta }),

  call: ({ index, id, name, arguments: text }: ChatCallPiece): RawText =>
    chunk({
      delta: {
        tool_calls: [
          {
            ...(index === undefined ? {} : { index }),
            ...(id === undefined ? {} : { id, type: "function" }),
            function: { ...(name === undefined ? {} : { name }), ...(text === undefined ? {} : { arguments: text }) },
          },
        ],
      },
    }),

  finish: (finish_reason: string): RawText => chunk({ delta: {}, finish_reason }),

  usage: (prompt_tokens: number, completion_tokens: number): RawText => {
    const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
    return { raw: `data: ${JSON.stringify({ id: "chatcmpl-1", choices: [], usage })}\n\n` };
  },

  error: (message: string): RawText => ({ raw: `data: ${JSON.stringify({ error: { message } })}\n\n` }),

  done: { raw: "data: [DONE]\n\n" } satisfies RawText,
} as const;
