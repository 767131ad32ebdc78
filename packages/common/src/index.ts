export { childController, createController, onAbort, settleAll, sleep, unlessAborted, withTimeout } from "./abort.js";
export { CodexError, codeOf, invariant, messageOf } from "./errors.js";
export type { CodexErrorOptions, RetryAdvice } from "./errors.js";
export { fieldsOf, isFields, listOf, numberOf, oneOf, parseJson, present, textOf } from "./foreign.js";
export type { Fields } from "./foreign.js";
export { Gate } from "./gate.js";
export { lazy } from "./lazy.js";
export { Queue } from "./queue.js";
