/** What the far side says about itself when we connect. */
export type Facts = {
  /** Of the warden: mode 0700, gone when we are. */
  readonly directory: string;
  /** bash, zsh or sh. */
  readonly shell: string;
  /** Where a login starts, or the image. Absolute. */
  readonly cwd: string;
  /** As `uname -s` says it. */
  readonly system: string;
  /** Absolute path of the sandbox helper on the search path there; absent: there is none. */
  readonly helper?: string;
  /** What a program there inherits. */
  readonly vars: Readonly<Record<string, string>>;
};

const FIELDS = 5;

/**
 * Reads the facts behind `mark`: fields and variables, each ended by NUL, then an empty one. `undefined`: not all of
 * it has come. What came after them is `rest`.
 */
export function readFacts(bytes: Buffer, mark: string): { readonly facts: Facts; readonly rest: Buffer } | undefined {
  const start = bytes.indexOf(`${mark}\0`);
  if (start < 0) return undefined;
  const words: string[] = [];
  let at = start + mark.length + 1;
  for (;;) {
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    const word = bytes.toString("utf8", at, end);
    at = end + 1;
    if (word === "" && words.length > FIELDS) break;
    words.push(word);
  }
  const [directory = "", shell = "/bin/sh", cwd = "/", system = "", helper = "", ...pairs] = words;
  const vars = pairs.filter((pair) => pair.indexOf("=") > 0).map(variable);
  return {
    facts: { directory, shell, cwd, system, ...(helper !== "" && { helper }), vars: Object.fromEntries(vars) },
    rest: bytes.subarray(at),
  };
}

function variable(pair: string): readonly [name: string, value: string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, at), pair.slice(at + 1)];
}
