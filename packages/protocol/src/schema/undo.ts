import * as z from "zod/mini";

/** Schemas of undo: what is asked for, and what is told. */

export const undoAsked = {
  steps: z.exactOptional(z.number()),
  scope: z.exactOptional(z.enum(["both", "files", "conversation"])),
  force: z.exactOptional(z.boolean()),
  preview: z.exactOptional(z.boolean()),
};

const problem = z.object({ path: z.string(), reason: z.string() });

export const undoStep = z.object({
  turn_id: z.string(),
  step: z.number(),
  id: z.string(),
  at: z.string(),
  state: z.enum(["done", "undone"]),
  added: z.number(),
  modified: z.number(),
  deleted: z.number(),
  not_covered: z.exactOptional(z.array(problem)),
});

export const undoReport = z.object({
  direction: z.enum(["undo", "redo"]),
  steps: z.array(undoStep),
  changes: z.array(
    z.object({
      path: z.string(),
      change: z.enum(["A", "M", "D"]),
      kind: z.enum(["file", "directory", "symlink"]),
      bytes: z.number(),
    }),
  ),
  conflicts: z.array(problem),
  not_covered: z.array(problem),
});
