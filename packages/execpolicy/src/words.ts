const BLANK = /[ \t\n]/;

/**
 * Splits one line into words as POSIX shells do, with quotes, backslashes and comments but no expansion; the way
 * examples and messages are written (exec.md §2.1). `undefined` when a quote or a backslash is left open.
 */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (BLANK.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "#" && word === undefined) {
      const end = text.indexOf("\n", index);
      if (end < 0) return words;
      index = end;
    } else {
      const piece = readPiece(text, index);
      if (piece === undefined) return undefined;
      word = (word ?? "") + piece.text;
      index = piece.end - 1;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** One character, one escaped character or one quoted string; `end` is the offset after it. */
function readPiece(text: string, start: number): { text: string; end: number } | undefined {
  const character = text.charAt(start);
  if (character === "\\") {
    if (start + 1 >= text.length) return undefined;
    const escaped = text.charAt(start + 1);
    return { text: escaped === "\n" ? "" : escaped, end: start + 2 };
  }
  if (character === "'") {
    const end = text.indexOf("'", start + 1);
    return end < 0 ? undefined : { text: text.slice(start + 1, end), end: end + 1 };
  }
  return character === '"' ? readDoubleQuoted(text, start) : { text: character, end: start + 1 };
}

function readDoubleQuoted(text: string, start: number): { text: string; end: number } | undefined {
  let content = "";
  for (let index = start + 1; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '"') return { text: content, end: index + 1 };
    if (character !== "\\") {
      content += character;
      continue;
    }
    index += 1;
    const escaped = text.charAt(index);
    if ('$`"\\'.includes(escaped)) content += escaped;
    else if (escaped !== "\n") content += `\\${escaped}`;
  }
  return undefined;
}

/** Words written so that a POSIX shell reads them back as they are. */
export function joinWords(words: readonly string[]): string {
  return words.map(quoteWord).join(" ");
}

function quoteWord(word: string): string {
  return /^[A-Za-z0-9_./:,@%+=-]+$/.test(word) && !word.startsWith("=") ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
