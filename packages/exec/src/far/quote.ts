/**
 * One word as a POSIX shell reads it back, byte for byte, on one line: a line break is the shell's variable `n`. The
 * only place where anything is quoted for another machine or a container. The word holds no NUL.
 */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`).replaceAll("\n", `'"$n"'`)}'`;
}

export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(" ");
}
