/** A parsed patch, bound to no directory and no file. */
export type Patch = {
  readonly hunks: readonly Hunk[];
  /** Value of the optional environment line (exec.md §1.2). */
  readonly environmentId?: string;
};

/** One file operation. Paths are spelled as in the patch; `line` is that of the header, from 1. */
export type Hunk =
  | { readonly type: "add"; readonly path: string; readonly line: number; readonly lines: readonly string[] }
  | { readonly type: "delete"; readonly path: string; readonly line: number }
  | {
      readonly type: "update";
      readonly path: string;
      readonly line: number;
      readonly moveTo?: string;
      readonly chunks: readonly Chunk[];
    };

/** One place in a file: where to look, and what to change there. */
export type Chunk = {
  /** Line of the patch text, from 1. */
  readonly line: number;
  /** Texts of `@@` lines, sought one after the other before the lines themselves. */
  readonly contexts: readonly string[];
  readonly lines: readonly ChunkLine[];
  /** The lines end the file. */
  readonly atEnd: boolean;
};

export type ChunkLine = { readonly type: "context" | "remove" | "add"; readonly text: string };
