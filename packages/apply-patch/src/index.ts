export { PatchError, type PatchErrorCode, type PatchErrorPlace } from "./errors.js";
export type { Chunk, ChunkLine, Hunk, Patch } from "./patch.js";
export { createPatchParser, parsePatch, type PatchParser } from "./parse.js";
export {
  planPatch,
  type Change,
  type FileBefore,
  type FileStat,
  type PatchReader,
  type Plan,
  type PlanOptions,
} from "./plan.js";
export { applyPlan, type ApplyReport, type ChangeOutcome, type PatchFiles } from "./apply.js";
export { findPatchInCommand, type CommandPatch } from "./intercept.js";
export { unifiedDiff, type DiffOptions } from "./diff.js";
export { summarize } from "./summary.js";
export { nodeFiles } from "./node-files.js";
export { runApplyPatch, type CommandContext } from "./command.js";
