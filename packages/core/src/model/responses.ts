import { createDecoder } from "./decode.js";
import { requestBody } from "./request.js";
import type { Wire } from "./wire.js";

/** `POST /responses` (core.md §2.1, §2.3). */
export const responsesWire: Wire = { path: "/responses", body: requestBody, createDecoder };
