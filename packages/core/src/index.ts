export { createCodex } from "./compose.js";
export type { CodexOptions } from "./compose.js";
export { createEngine } from "./codex.js";
export { defineTool, failure, success } from "./tools/define.js";
export type { ToolDefinition } from "./tools/define.js";
