const BARE = /^[A-Za-z0-9_+\-./:@%,=]+$/;
const SPECIAL_IN_DOUBLE_QUOTES = /[$`"\\!]/;

/** One line that a POSIX shell reads back as the same argv. For display and for `command` in JSON. */
export function shellJoin(argv: readonly string[]): string {
  return argv.map(quote).join(" ");
}

function quote(word: string): string {
  if (BARE.test(word)) return word;
  if (!word.includes("'")) return `'${word}'`;
  if (!SPECIAL_IN_DOUBLE_QUOTES.test(word)) return `"${word}"`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
