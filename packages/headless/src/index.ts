export { openLastMessageFile } from "./last-message.js";
export type { LastMessageFile } from "./last-message.js";
export type { Writer } from "./output.js";
export { createPaint, usesColour } from "./paint.js";
export type { ColourChoice } from "./paint.js";
export { runExec } from "./run.js";
export type { ExecOptions, Outcome } from "./run.js";
export { readOutputSchema } from "./schema.js";
export { ThreadLine } from "./thread-line.js";
