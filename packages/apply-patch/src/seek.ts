/** Finds runs of lines in one file, from strict to lenient (exec.md §1.6). */
export interface Seeker {
  /**
   * Index of the first run equal to `pattern` at or after `start`. Each way of comparing looks through the whole file
   * before the next, more lenient one. `atEnd`: the run must be the file's last lines.
   */
  find(pattern: readonly string[], start: number, where?: { readonly atEnd: boolean }): number | undefined;
}

/** How lines are compared, strictest first. */
const FOLDS: readonly ((line: string) => string)[] = [
  (line) => line,
  (line) => line.trimEnd(),
  (line) => line.trim(),
  foldCharacters,
];

const UNSOUGHT = -1;

/** A file's lines as numbers: equal lines have equal numbers; lines that nobody seeks are `UNSOUGHT`. */
type Level = {
  readonly numbers: ReadonlyMap<string, number>;
  readonly lines: Int32Array;
  /** Where each number occurs last, or `UNSOUGHT`. */
  readonly last: Int32Array;
};

/**
 * A search is linear in the file's length, whatever the lines are. The file is folded once per way of comparing, and
 * only the lines that patterns hold (`sought`, all of them) are told apart, which makes large files cheap.
 */
export function createSeeker(lines: readonly string[], sought: readonly string[]): Seeker {
  const levels: Level[] = [];

  function findAt(depth: number, pattern: readonly string[], first: number, end: number): number | undefined {
    const fold = FOLDS[depth];
    if (fold === undefined) return undefined;
    const level = (levels[depth] ??= numberLines(lines, sought, fold));
    const needle = new Int32Array(pattern.length);
    for (const [offset, line] of pattern.entries()) {
      const number = level.numbers.get(fold(line));
      if (number === undefined || (level.last[number] ?? UNSOUGHT) < first + offset) return undefined;
      needle[offset] = number;
    }
    return search(level.lines.subarray(first, end), needle, first);
  }

  return {
    find(pattern, start, where) {
      if (pattern.length === 0) return start;
      const candidate = lines.length - pattern.length;
      if (candidate < start) return undefined;
      const first = where?.atEnd === true ? candidate : start;
      for (let depth = 0; depth < FOLDS.length; depth += 1) {
        const found = findAt(depth, pattern, first, lines.length);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function numberLines(lines: readonly string[], sought: readonly string[], fold: (line: string) => string): Level {
  const numbers = new Map<string, number>();
  for (const line of sought) {
    const key = fold(line);
    if (!numbers.has(key)) numbers.set(key, numbers.size);
  }
  const numbered = new Int32Array(lines.length).fill(UNSOUGHT);
  const last = new Int32Array(numbers.size).fill(UNSOUGHT);
  for (const [index, line] of lines.entries()) {
    const number = numbers.get(fold(line));
    if (number === undefined) continue;
    numbered[index] = number;
    last[number] = index;
  }
  return { numbers, lines: numbered, last };
}

/** Knuth–Morris–Pratt, so that files of repeated lines stay linear. */
function search(haystack: Int32Array, needle: Int32Array, offset: number): number | undefined {
  const borders = borderTable(needle);
  let matched = 0;
  for (let index = 0; index < haystack.length; index += 1) {
    const value = haystack[index];
    while (matched > 0 && needle[matched] !== value) matched = borders[matched - 1] ?? 0;
    if (needle[matched] === value) matched += 1;
    if (matched === needle.length) return offset + index - matched + 1;
  }
  return undefined;
}

/** For each prefix, the length of its longest proper border. */
function borderTable(needle: Int32Array): Int32Array {
  const borders = new Int32Array(needle.length);
  let length = 0;
  for (let index = 1; index < needle.length; index += 1) {
    while (length > 0 && needle[length] !== needle[index]) length = borders[length - 1] ?? 0;
    if (needle[length] === needle[index]) length += 1;
    borders[index] = length;
  }
  return borders;
}

const DASHES = /[\u2010-\u2015\u2212]/g;
const SINGLE_QUOTES = /[\u2018-\u201b]/g;
const DOUBLE_QUOTES = /[\u201c-\u201f]/g;
const SPACES = /[\u00a0\u2002-\u200a\u202f\u205f\u3000]/g;

function foldCharacters(line: string): string {
  return line.trim().replace(DASHES, "-").replace(SINGLE_QUOTES, "'").replace(DOUBLE_QUOTES, '"').replace(SPACES, " ");
}
