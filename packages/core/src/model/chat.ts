import { createChatDecoder } from "./chat-decode.js";
import { chatBody } from "./chat-request.js";
import type { Wire } from "./wire.js";

/** `POST /chat/completions` (core.md §2.12): the second wire, for servers that do not speak Responses. */
export const chatWire: Wire = { path: "/chat/completions", body: chatBody, createDecoder: createChatDecoder };
