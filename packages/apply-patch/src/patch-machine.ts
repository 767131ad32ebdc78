import { PatchError } from "./errors.js";
import type { ChunkLine, Hunk, Patch } from "./patch.js";

const BEGIN = "*** Begin Patch";
const END = "*** End Patch";
const ENVIRONMENT = "*** Environment ID:";
const MOVE = "*** Move to: ";
const END_OF_FILE = "*** End of File";
const HEADERS = [
  ["add", "*** Add File: "],
  ["delete", "*** Delete File: "],
  ["update", "*** Update File: "],
] as const;
const HEREDOC_OPENERS: readonly string[] = ["<<EOF", "<<'EOF'", '<<"EOF"'];
const FIRST_LINE = `The first line of the patch must be '${BEGIN}'`;
const LAST_LINE = `The last line of the patch must be '${END}'`;
const NO_LINES = "Update hunk does not contain any lines";

/** `@@ -1,2 +1,2 @@` of a unified diff says where, in numbers that models get wrong: it is no context to look for. */
const UNIFIED_HEADER = /^-\d+(?:,\d+)? \+\d+(?:,\d+)? @@/;

/** With the `u` flag a surrogate matches only when it stands alone. */
const LONE_SURROGATE = /\p{Cs}/u;

type OpenChunk = { line: number; contexts: string[]; lines: ChunkLine[]; atEnd: boolean };
type OpenUpdate = { type: "update"; path: string; line: number; moveTo?: string; chunks: OpenChunk[] };
type OpenHunk =
  { type: "add"; path: string; line: number; lines: string[] } | Extract<Hunk, { type: "delete" }> | OpenUpdate;

/** The states of exec.md §1.4, fed with complete lines. Throws `PatchError`. */
export class PatchMachine {
  readonly hunks: OpenHunk[] = [];
  private state: "before" | "begun" | "hunk" | "ended" = "before";
  private environmentId: string | undefined;
  private lineNumber = 0;
  private heredoc: "none" | "open" | "closed" = "none";
  /**
   * Inside an update an indented end marker is a context line, unless nothing but blank lines (and the heredoc's
   * terminator) follows: the marker and what follows wait here until that is known.
   */
  private held: string[] = [];

  line(raw: string): void {
    const text = stripCarriageReturns(raw);
    this.lineNumber += 1;
    if (LONE_SURROGATE.test(text)) throw this.patchError("the text holds half a surrogate pair");
    if (this.held.length === 0) {
      if (this.isIndentedEnd(text)) this.held.push(text);
      else this.step(text);
      return;
    }
    if (isBlank(text) || this.isTerminator(text)) {
      this.held.push(text);
      return;
    }
    this.release();
    if (this.isIndentedEnd(text)) this.held.push(text);
    else this.step(text);
  }

  finish(): Patch {
    if (this.held.length > 0) {
      this.closeHunk("end");
      if (this.held.some((text) => this.isTerminator(text))) this.heredoc = "closed";
    }
    if (this.state === "before") throw this.patchError(FIRST_LINE);
    if (this.state !== "ended" || this.heredoc === "open") throw this.patchError(LAST_LINE);
    return {
      hunks: this.hunks,
      ...(this.environmentId === undefined ? {} : { environmentId: this.environmentId }),
    };
  }

  private release(): void {
    const current = this.lineNumber;
    const held = this.held;
    this.held = [];
    this.lineNumber = current - held.length - 1;
    for (const text of held) {
      this.lineNumber += 1;
      this.step(text);
    }
    this.lineNumber = current;
  }

  private isIndentedEnd(text: string): boolean {
    return this.openUpdate() !== undefined && text.trimEnd() !== END && text.trim() === END;
  }

  private isTerminator(text: string): boolean {
    return this.heredoc === "open" && text.trimEnd().endsWith("EOF");
  }

  private openUpdate(): OpenUpdate | undefined {
    const hunk = this.state === "hunk" ? this.hunks.at(-1) : undefined;
    return hunk?.type === "update" ? hunk : undefined;
  }

  private step(text: string): void {
    switch (this.state) {
      case "before":
        return this.stepBefore(text);
      case "begun":
        return this.stepBegun(text);
      case "hunk":
        return this.stepHunk(text);
      case "ended":
        return this.stepEnded(text);
      default:
        this.state satisfies never;
    }
  }

  private stepBefore(text: string): void {
    const trimmed = text.trim();
    if (trimmed === BEGIN) this.state = "begun";
    else if (this.heredoc === "none" && HEREDOC_OPENERS.includes(text.trimStart())) this.heredoc = "open";
    else if (trimmed !== "") throw this.patchError(FIRST_LINE);
  }

  private stepBegun(text: string): void {
    const trimmed = text.trim();
    if (trimmed.startsWith(ENVIRONMENT)) {
      const id = trimmed.slice(ENVIRONMENT.length).trim();
      if (id === "") throw this.patchError("apply_patch environment_id cannot be empty");
      if (this.environmentId !== undefined) {
        throw this.patchError("apply_patch environment_id cannot be specified more than once");
      }
      this.environmentId = id;
    } else if (!this.takeMarker(trimmed)) throw this.headerError(text);
  }

  private stepEnded(text: string): void {
    if (isBlank(text) || text.trim() === END) return;
    if (!this.isTerminator(text)) throw this.patchError(LAST_LINE);
    this.heredoc = "closed";
  }

  private stepHunk(text: string): void {
    const hunk = this.hunks.at(-1);
    if (hunk?.type === "update") {
      if (!this.takeMarker(text.trimEnd())) this.stepUpdate(hunk, text);
    } else if (hunk?.type === "add" && text.startsWith("+")) hunk.lines.push(text.slice(1));
    else if (!this.takeMarker(text.trim())) throw this.headerError(text);
  }

  /** Handles a header or the end marker. */
  private takeMarker(text: string): boolean {
    if (text === END) {
      this.closeHunk("end");
      return true;
    }
    const header = HEADERS.find(([, prefix]) => text.startsWith(prefix));
    if (header === undefined) return false;
    this.closeHunk("header", text);
    const [type, prefix] = header;
    const start = { path: text.slice(prefix.length), line: this.lineNumber };
    if (type === "add") this.hunks.push({ type, ...start, lines: [] });
    else if (type === "delete") this.hunks.push({ type, ...start });
    else this.hunks.push({ type, ...start, chunks: [] });
    this.state = "hunk";
    return true;
  }

  private closeHunk(by: "header" | "end", text = ""): void {
    const hunk = this.openUpdate();
    if (hunk !== undefined) {
      const last = hunk.chunks.at(-1);
      if (last === undefined) {
        throw this.hunkError(`Update file hunk for path '${hunk.path}' is empty`, hunk.line);
      }
      if (last.lines.length === 0) throw by === "end" ? this.hunkError(NO_LINES) : this.unexpectedLine(text);
    }
    if (by === "end") this.state = "ended";
  }

  private stepUpdate(hunk: OpenUpdate, text: string): void {
    const last = hunk.chunks.at(-1);
    const marker = text.trimEnd();
    if (marker === "@@" || marker.startsWith("@@ ")) this.openChunk(hunk, marker.slice(3));
    else if (last?.atEnd === true) {
      if (!isBlank(text)) throw this.expectedMarker(text);
    } else if (marker.startsWith(MOVE) && last === undefined && hunk.moveTo === undefined) {
      hunk.moveTo = marker.slice(MOVE.length);
    } else if (marker === END_OF_FILE) {
      // Before any chunk it marks nothing; Codex lets it pass.
      if (last?.lines.length === 0) throw this.hunkError(NO_LINES);
      if (last !== undefined) last.atEnd = true;
    } else this.addChunkLine(hunk, text);
  }

  /** A marker right after a marker narrows the place further: its context is sought after the first one's. */
  private openChunk(hunk: OpenUpdate, context: string): void {
    const contexts = context === "" || UNIFIED_HEADER.test(context) ? [] : [context];
    const last = hunk.chunks.at(-1);
    if (last !== undefined && last.lines.length === 0) last.contexts.push(...contexts);
    else hunk.chunks.push({ line: this.lineNumber, contexts, lines: [], atEnd: false });
  }

  private addChunkLine(hunk: OpenUpdate, text: string): void {
    const line = chunkLine(text);
    const last = hunk.chunks.at(-1);
    if (line === undefined) {
      throw last !== undefined && last.lines.length > 0 ? this.expectedMarker(text) : this.unexpectedLine(text);
    }
    if (last === undefined) hunk.chunks.push({ line: this.lineNumber, contexts: [], lines: [line], atEnd: false });
    else last.lines.push(line);
  }

  private patchError(reason: string): PatchError {
    return new PatchError("invalid_patch", reason, { line: this.lineNumber });
  }

  private hunkError(reason: string, line = this.lineNumber): PatchError {
    return new PatchError("invalid_hunk", reason, { line, hunk: Math.max(0, this.hunks.length - 1) });
  }

  private headerError(text: string): PatchError {
    const known = HEADERS.map(([, prefix]) => `'${prefix}{path}'`);
    return this.hunkError(`'${text.trim()}' is not a valid hunk header. Valid hunk headers: ${known.join(", ")}`);
  }

  private expectedMarker(text: string): PatchError {
    return this.hunkError(`Expected update hunk to start with a @@ context marker, got: '${text}'`);
  }

  private unexpectedLine(text: string): PatchError {
    return this.hunkError(
      `Unexpected line found in update hunk: '${text}'. ` +
        "Every line should start with ' ' (context line), '+' (added line), or '-' (removed line)",
    );
  }
}

function chunkLine(text: string): ChunkLine | undefined {
  if (text === "") return { type: "context", text: "" };
  const rest = text.slice(1);
  if (text.startsWith(" ")) return { type: "context", text: rest };
  if (text.startsWith("+")) return { type: "add", text: rest };
  if (text.startsWith("-")) return { type: "remove", text: rest };
  return undefined;
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}

/** Carriage returns before the line feed belong to the patch's own line ending. */
function stripCarriageReturns(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 13) end -= 1;
  return text.slice(0, end);
}
