import { LIMITS } from "./limits.js";
import { Scanner } from "./scanner.js";
import type { Style } from "./style.js";
import { applyStyle, isSameStyle, PLAIN } from "./style.js";

/** Text of one look. It holds no control characters but tabs, and can be written to a terminal as it is. */
export type Run = {
  readonly text: string;
  readonly style: Style;
  /** Where the program says it leads: http or https, printable ASCII. It may say something else than the text. */
  readonly link?: string;
};

export type Line = {
  readonly runs: readonly Run[];
  /** Characters of this line beyond the limit, which are not in its runs. */
  readonly dropped: number;
};

export type AnsiReader = {
  /** The lines that these bytes end. Bytes are UTF-8, cut anywhere; what is not becomes U+FFFD. */
  push(data: Uint8Array | string): readonly Line[];
  /** The line begun, as far as it has come. */
  readonly open: Line;
  /** The last line, unless it is empty. Nothing is pushed afterwards. */
  end(): readonly Line[];
};

export type ReadOptions = {
  /** Characters kept of a line; default 10,000. */
  readonly line_limit?: number;
};

const DEFAULT_LINE_LIMIT = 10_000;

/** Reads what a program prints as lines of styled text. A carriage return starts its line anew, as progress bars do. */
export function createAnsiReader(options: ReadOptions = {}): AnsiReader {
  const limit = options.line_limit ?? DEFAULT_LINE_LIMIT;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let style: Style = PLAIN;
  let link: string | undefined;
  let open = emptyLine();
  let ended: Line[] = [];
  const scanner = new Scanner({
    text(text) {
      const kept = text.slice(0, lengthWithin(text, limit - open.length));
      open.length += kept.length;
      open.dropped += text.length - kept.length;
      if (kept !== "") append(open.runs, kept, { style, link });
    },
    newline() {
      ended.push(lineOf(open));
      open = emptyLine();
    },
    carriageReturn: () => void (open = emptyLine()),
    style: (parameters) => void (style = applyStyle(style, parameters)),
    link: (target) => void (link = isTarget(target) ? target : undefined),
  });
  const take = (): readonly Line[] => {
    const lines = ended;
    ended = [];
    return lines;
  };
  return {
    get open() {
      return lineOf(open);
    },
    push(data) {
      scanner.push(typeof data === "string" ? data : decoder.decode(data, { stream: true }));
      return take();
    },
    end() {
      scanner.push(decoder.decode());
      scanner.end();
      if (open.runs.length > 0) ended.push(lineOf(open));
      open = emptyLine();
      return take();
    },
  };
}

/** The lines of a whole output. */
export function readAnsi(data: Uint8Array | string, options: ReadOptions = {}): readonly Line[] {
  const reader = createAnsiReader(options);
  return [...reader.push(data), ...reader.end()];
}

type OpenRun = { text: string; readonly style: Style; readonly link: string | undefined };
type OpenLine = { readonly runs: OpenRun[]; length: number; dropped: number };

function emptyLine(): OpenLine {
  return { runs: [], length: 0, dropped: 0 };
}

function lineOf({ runs, dropped }: OpenLine): Line {
  const shown = runs.map(({ text, style, link }) => (link === undefined ? { text, style } : { text, style, link }));
  return { runs: shown, dropped };
}

function append(runs: OpenRun[], text: string, look: Omit<OpenRun, "text">): void {
  const last = runs.at(-1);
  if (last !== undefined && last.link === look.link && isSameStyle(last.style, look.style)) last.text += text;
  else runs.push({ text, ...look });
}

/** How much of the text fits, a pair of surrogates whole. */
function lengthWithin(text: string, limit: number): number {
  if (text.length <= limit) return text.length;
  const end = Math.max(0, limit);
  return end > 0 && /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end;
}

function isTarget(target: string): boolean {
  return target.length <= LIMITS.link && /^https?:\/\/[!-~]+$/i.test(target);
}
