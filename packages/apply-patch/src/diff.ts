export type DiffOptions = {
  /** Unchanged lines around a change; 3 when absent. */
  readonly context?: number;
  /** With both names the diff starts with its `---` and `+++` lines. */
  readonly oldName?: string;
  readonly newName?: string;
};

/**
 * How many comparisons are spent on a small diff. What is left then is shown as replaced whole: still a correct diff,
 * only a longer one.
 */
const COMPARISONS = 20_000_000;

/** The unified diff of two texts, for display and for `patch`; empty when they are equal. */
export function unifiedDiff(oldText: string, newText: string, options: DiffOptions = {}): string {
  const old = splitLines(oldText);
  const fresh = splitLines(newText);
  const edits = compareLines(old, fresh);
  if (edits.length === 0) return "";
  const names =
    options.oldName === undefined || options.newName === undefined
      ? ""
      : `--- ${options.oldName}\n+++ ${options.newName}\n`;
  const context = options.context ?? 3;
  const groups = groupEdits(edits, context);
  return names + groups.map((group) => formatGroup(group, { old, fresh, context })).join("");
}

/** Lines `oldStart..oldEnd` became `newStart..newEnd`; from 0, ends excluded. */
type LineEdit = {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
};

/** With their endings, so that a changed ending is a changed line. */
function splitLines(text: string): readonly string[] {
  const lines: string[] = [];
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
    lines.push(text.slice(start, end + 1));
    start = end + 1;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

function compareLines(old: readonly string[], fresh: readonly string[]): readonly LineEdit[] {
  const numbers = new Map<string, number>();
  const left = numberLines(old, numbers);
  const right = numberLines(fresh, numbers);
  const { removed, added } = findChanges(left, right, numbers.size);

  const edits: LineEdit[] = [];
  let oldAt = 0;
  let newAt = 0;
  while (oldAt < removed.length || newAt < added.length) {
    const oldStart = oldAt;
    const newStart = newAt;
    while (removed[oldAt] === 1) oldAt += 1;
    while (added[newAt] === 1) newAt += 1;
    if (oldAt > oldStart || newAt > newStart) edits.push({ oldStart, oldEnd: oldAt, newStart, newEnd: newAt });
    oldAt += 1;
    newAt += 1;
  }
  return edits;
}

function numberLines(lines: readonly string[], numbers: Map<string, number>): Int32Array {
  const numbered = new Int32Array(lines.length);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    let number = numbers.get(line);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(line, number);
    }
    numbered[index] = number;
  }
  return numbered;
}

type Changes = { readonly removed: Uint8Array; readonly added: Uint8Array };

/**
 * Which lines of each side are changed. A line that the other side does not hold at all is changed for certain; only
 * the rest is compared, which leaves little to do for a few changes in a large file.
 */
function findChanges(left: Int32Array, right: Int32Array, kinds: number): Changes {
  const leftShared = indexesShared(left, right, kinds);
  const rightShared = indexesShared(right, left, kinds);
  const shared = {
    left: leftShared.map((index) => left[index] ?? 0),
    right: rightShared.map((index) => right[index] ?? 0),
    removed: new Uint8Array(leftShared.length),
    added: new Uint8Array(rightShared.length),
  };
  markChanges(shared);
  return {
    removed: spread(shared.removed, leftShared, left.length),
    added: spread(shared.added, rightShared, right.length),
  };
}

/** Where `lines` has numbers (of which there are `kinds`) that `others` has too. */
function indexesShared(lines: Int32Array, others: Int32Array, kinds: number): Int32Array {
  const known = new Uint8Array(kinds);
  for (const number of others) known[number] = 1;
  const indexes = new Int32Array(lines.length);
  let count = 0;
  for (let index = 0; index < lines.length; index += 1) {
    if (known[lines[index] ?? -1] !== 1) continue;
    indexes[count] = index;
    count += 1;
  }
  return indexes.subarray(0, count);
}

/** Marks of the shared lines at their own places, and a mark for every other line. */
function spread(marks: Uint8Array, indexes: Int32Array, length: number): Uint8Array {
  const all = new Uint8Array(length).fill(1);
  for (let at = 0; at < indexes.length; at += 1) all[indexes[at] ?? 0] = marks[at] ?? 0;
  return all;
}

type Marks = Changes & {
  readonly left: Int32Array;
  readonly right: Int32Array;
};

/** A part of both texts still to be compared. */
type Box = { left: number; leftEnd: number; right: number; rightEnd: number };

/** Myers' comparison in linear space: find the middle of a shortest script, then treat both sides alike. */
function markChanges({ left, right, removed, added }: Marks): void {
  const boxes: Box[] = [{ left: 0, leftEnd: left.length, right: 0, rightEnd: right.length }];
  const budget = { left: COMPARISONS };
  for (let box = boxes.pop(); box !== undefined; box = boxes.pop()) {
    while (box.left < box.leftEnd && box.right < box.rightEnd && left[box.left] === right[box.right]) {
      box.left += 1;
      box.right += 1;
    }
    while (box.left < box.leftEnd && box.right < box.rightEnd && left[box.leftEnd - 1] === right[box.rightEnd - 1]) {
      box.leftEnd -= 1;
      box.rightEnd -= 1;
    }
    const oneSided = box.left === box.leftEnd || box.right === box.rightEnd;
    const halves = oneSided
      ? undefined
      : splitBox(left.subarray(box.left, box.leftEnd), right.subarray(box.right, box.rightEnd), budget);
    if (halves === undefined) {
      removed.fill(1, box.left, box.leftEnd);
      added.fill(1, box.right, box.rightEnd);
    } else {
      boxes.push(
        { ...box, leftEnd: box.left + halves.left, rightEnd: box.right + halves.right },
        { ...box, left: box.left + halves.left, right: box.right + halves.right },
      );
    }
  }
}

type Search = { readonly reach: Int32Array; readonly from: "start" | "end" };

/**
 * A point that a shortest edit script passes, found by searching from both ends until the searches meet; `undefined`
 * when the budget is spent. Both texts are non-empty and differ in their first and in their last line.
 */
function splitBox(
  left: Int32Array,
  right: Int32Array,
  budget: { left: number },
): { left: number; right: number } | undefined {
  const size = 2 * Math.min(left.length, right.length) + 2;
  const forward: Search = { reach: new Int32Array(size), from: "start" };
  const backward: Search = { reach: new Int32Array(size), from: "end" };
  const half = Math.ceil((left.length + right.length) / 2);
  for (let depth = 0; depth <= half; depth += 1) {
    for (const [search, other] of [
      [forward, backward],
      [backward, forward],
    ] as const) {
      const met = advance({ left, right, search, other, budget }, depth);
      if (met !== undefined) return met;
    }
    if (budget.left <= 0) return undefined;
  }
  return undefined;
}

type Advance = {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly search: Search;
  readonly other: Search;
  readonly budget: { left: number };
};

/** Lengthens the furthest paths of one search by one edit, and tells whether one met the other search. */
function advance(input: Advance, depth: number): { left: number; right: number } | undefined {
  const { left, right, search, other, budget } = input;
  const { reach, from } = search;
  const size = reach.length;
  const slot = (diagonal: number) => ((diagonal % size) + size) % size;
  const ahead = from === "start";
  const parity = ahead ? 1 : 0;
  const difference = left.length - right.length;
  const sameParity = (left.length + right.length) % 2 === parity;
  const first = -(depth - 2 * Math.max(0, depth - right.length));
  const last = depth - 2 * Math.max(0, depth - left.length);

  for (let diagonal = first; diagonal <= last; diagonal += 2) {
    const below = reach[slot(diagonal - 1)] ?? 0;
    const above = reach[slot(diagonal + 1)] ?? 0;
    const start = diagonal === -depth || (diagonal !== depth && below < above) ? above : below + 1;
    const end = start + commonLength(input, start, start - diagonal);
    budget.left -= end - start + 1;
    reach[slot(diagonal)] = end;
    const mirrored = difference - diagonal;
    const inReach = mirrored >= -(depth - parity) && mirrored <= depth - parity;
    if (!sameParity || !inReach || end + (other.reach[slot(mirrored)] ?? 0) < left.length) continue;
    return ahead
      ? { left: start, right: start - diagonal }
      : { left: left.length - end, right: right.length - (end - diagonal) };
  }
  return undefined;
}

/** Equal lines from the given positions on, which count from the search's own end. */
function commonLength({ left, right, search }: Advance, leftAt: number, rightAt: number): number {
  const limit = Math.min(left.length - leftAt, right.length - rightAt);
  let length = 0;
  if (search.from === "start") {
    while (length < limit && left[leftAt + length] === right[rightAt + length]) length += 1;
  } else {
    const leftEnd = left.length - 1 - leftAt;
    const rightEnd = right.length - 1 - rightAt;
    while (length < limit && left[leftEnd - length] === right[rightEnd - length]) length += 1;
  }
  return length;
}

function groupEdits(edits: readonly LineEdit[], context: number): readonly (readonly LineEdit[])[] {
  const groups: LineEdit[][] = [];
  for (const edit of edits) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    if (group !== undefined && before !== undefined && edit.oldStart - before.oldEnd <= 2 * context) group.push(edit);
    else groups.push([edit]);
  }
  return groups;
}

type Sides = { readonly old: readonly string[]; readonly fresh: readonly string[]; readonly context: number };

function formatGroup(group: readonly LineEdit[], { old, fresh, context }: Sides): string {
  const lines: string[] = [];
  const firstEdit = group[0];
  const lastEdit = group.at(-1);
  if (firstEdit === undefined || lastEdit === undefined) return "";
  const oldStart = Math.max(0, firstEdit.oldStart - context);
  const oldEnd = Math.min(old.length, lastEdit.oldEnd + context);
  const newStart = firstEdit.newStart - (firstEdit.oldStart - oldStart);
  const newEnd = lastEdit.newEnd + (oldEnd - lastEdit.oldEnd);

  let at = oldStart;
  for (const edit of group) {
    for (const line of old.slice(at, edit.oldStart)) lines.push(formatLine(" ", line));
    for (const line of old.slice(edit.oldStart, edit.oldEnd)) lines.push(formatLine("-", line));
    for (const line of fresh.slice(edit.newStart, edit.newEnd)) lines.push(formatLine("+", line));
    at = edit.oldEnd;
  }
  for (const line of old.slice(at, oldEnd)) lines.push(formatLine(" ", line));
  return `@@ -${formatRange(oldStart, oldEnd)} +${formatRange(newStart, newEnd)} @@\n${lines.join("")}`;
}

function formatLine(sign: string, line: string): string {
  return line.endsWith("\n") ? sign + line : `${sign}${line}\n\\ No newline at end of file\n`;
}

/** An empty range names the line before it. */
function formatRange(start: number, end: number): string {
  const count = end - start;
  if (count === 0) return `${start},0`;
  return count === 1 ? `${start + 1}` : `${start + 1},${count}`;
}
