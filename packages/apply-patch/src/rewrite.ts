import { PatchError } from "./errors.js";
import type { Chunk, ChunkLine } from "./patch.js";
import { createSeeker, type Seeker } from "./seek.js";

const BYTE_ORDER_MARK = "\ufeff";

export type RewriteOptions = {
  /** Named in errors. */
  readonly path: string;
  /** Index of the hunk, for errors. */
  readonly hunk: number;
  /** `always`: a file that lacks its last line ending gets one whatever was changed. */
  readonly finalNewline: "keep" | "always";
};

/**
 * Applies chunks to a file's text. What they do not change stays as it was to the byte: line endings (LF, CRLF, CR,
 * mixed), byte order mark, missing last ending. New lines get the file's first ending. Throws `PatchError`
 * `context_not_found` or `lines_not_found`.
 */
export function rewriteText(text: string, chunks: readonly Chunk[], options: RewriteOptions): string {
  const mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
  const body = mark === "" ? text : text.slice(1);
  // A patch that writes carriage returns inside its lines does not mean them as line endings.
  const innerReturns = chunks.some((chunk) => chunk.lines.some((line) => line.text.includes("\r")));
  const file = splitLines(body, innerReturns ? /\r?\n/g : /\r\n|\n|\r/g);
  const rendered = render(file, locateChunks(file, chunks, options));
  const markless = mark !== "" && rendered.startsWith(BYTE_ORDER_MARK) ? rendered.slice(1) : rendered;
  const unended = options.finalNewline === "always" && markless !== "" && !/[\r\n]$/.test(markless);
  return mark + markless + (unended ? file.ending : "");
}

type FileLines = {
  readonly text: string;
  /** Without their endings. */
  readonly lines: readonly string[];
  /** Offset of each line, and of the end of the text. */
  readonly offsets: readonly number[];
  /** The first one of the file, LF when it has none. */
  readonly ending: string;
  readonly endsOpen: boolean;
};

function splitLines(text: string, endings: RegExp): FileLines {
  const lines: string[] = [];
  const offsets: number[] = [0];
  let first: string | undefined;
  let start = 0;
  for (let found = endings.exec(text); found !== null; found = endings.exec(text)) {
    first ??= found[0];
    lines.push(text.slice(start, found.index));
    start = found.index + found[0].length;
    offsets.push(start);
  }
  const endsOpen = start < text.length;
  if (endsOpen) {
    lines.push(text.slice(start));
    offsets.push(text.length);
  }
  return { text, lines, offsets, ending: first ?? "\n", endsOpen };
}

/** `lines` replaces what its context and removed lines cover, from line `at` on. */
type Edit = { readonly at: number; readonly lines: readonly ChunkLine[] };

function locateChunks(file: FileLines, chunks: readonly Chunk[], options: RewriteOptions): readonly Edit[] {
  const sought = chunks.flatMap((chunk) => [...chunk.contexts, ...oldLines(chunk.lines)]);
  const seeker = createSeeker(file.lines, sought);
  const edits: Edit[] = [];
  let position = 0;
  for (const chunk of chunks) {
    position = seekContexts(seeker, chunk, position, options);
    if (oldLines(chunk.lines).length === 0) {
      // Nothing to find: such lines go to the end of the file, even after a context (exec.md §1.6).
      edits.push({ at: file.lines.length, lines: chunk.lines });
      continue;
    }
    const edit = findLines(seeker, chunk, position);
    if (edit === undefined) throw linesNotFound(chunk, options);
    position = edit.at + oldLines(edit.lines).length;
    edits.push(...splitTail(edit, position));
  }
  return edits.sort((left, right) => left.at - right.at);
}

/**
 * Lines added after a last context line are an edit of their own, at `end`: where several chunks add at one place,
 * which happens at the file's end, their lines follow each other as in the patch.
 */
function splitTail(edit: Edit, end: number): readonly Edit[] {
  const added = edit.lines.findLastIndex((line) => line.type !== "add") + 1;
  if (edit.lines[added - 1]?.type !== "context") return [edit];
  return [
    { at: edit.at, lines: edit.lines.slice(0, added) },
    { at: end, lines: edit.lines.slice(added) },
  ];
}

function seekContexts(seeker: Seeker, chunk: Chunk, start: number, options: RewriteOptions): number {
  let position = start;
  for (const context of chunk.contexts) {
    const found = seeker.find([context], position);
    if (found === undefined) {
      const reason = `Failed to find context '${context}' in ${options.path}`;
      throw new PatchError("context_not_found", reason, { line: chunk.line, hunk: options.hunk, path: options.path });
    }
    position = found + 1;
  }
  return position;
}

function findLines(seeker: Seeker, chunk: Chunk, start: number): Edit | undefined {
  const old = oldLines(chunk.lines);
  const at = seeker.find(old, start, chunk);
  if (at !== undefined) return { at, lines: chunk.lines };
  if (old.at(-1) !== "") return undefined;
  // Models end a chunk with an empty line that stands for the end of the file.
  const trimmed = withoutLastBlank(chunk.lines);
  const shorter = seeker.find(oldLines(trimmed), start, chunk);
  return shorter === undefined ? undefined : { at: shorter, lines: trimmed };
}

function oldLines(lines: readonly ChunkLine[]): readonly string[] {
  return lines.filter((line) => line.type !== "add").map((line) => line.text);
}

/** The same chunk without its last old line, which is empty, and without its last new line if that is empty too. */
function withoutLastBlank(lines: readonly ChunkLine[]): readonly ChunkLine[] {
  const withoutOld = dropLast(lines, "add");
  const lastNew = withoutOld.findLast((line) => line.type !== "remove");
  return lastNew?.text === "" ? dropLast(withoutOld, "remove") : withoutOld;
}

/** Drops the last line that is not of type `other` from one side; a context line stays as a line of the other side. */
function dropLast(lines: readonly ChunkLine[], other: "add" | "remove"): readonly ChunkLine[] {
  const index = lines.findLastIndex((line) => line.type !== other);
  return lines.flatMap((line, at): readonly ChunkLine[] => {
    if (at !== index) return [line];
    return line.type === "context" ? [{ type: other, text: line.text }] : [];
  });
}

function linesNotFound(chunk: Chunk, options: RewriteOptions): PatchError {
  const reason = `Failed to find expected lines in ${options.path}:\n${oldLines(chunk.lines).join("\n")}`;
  return new PatchError("lines_not_found", reason, { line: chunk.line, hunk: options.hunk, path: options.path });
}

function render(file: FileLines, edits: readonly Edit[]): string {
  const pieces: string[] = [];
  let open = false;

  function push(piece: string): void {
    if (open) pieces.push(file.ending);
    open = false;
    pieces.push(piece);
  }
  function keep(from: number, to: number): void {
    if (to <= from) return;
    push(file.text.slice(file.offsets[from], file.offsets[to]));
    open = file.endsOpen && to === file.lines.length;
  }

  let next = 0;
  for (const edit of edits) {
    keep(next, edit.at);
    next = edit.at;
    for (const line of edit.lines) {
      if (line.type === "add") push(line.text + file.ending);
      if (line.type === "context") keep(next, next + 1);
      if (line.type !== "add") next += 1;
    }
  }
  keep(next, file.lines.length);
  return pieces.join("");
}
