import { RULES_LIMITS } from "./limits.js";
import { RulesError, type Position } from "./problem.js";

export type Token =
  | { readonly type: "name" | "string"; readonly text: string; readonly position: Position }
  | { readonly type: "mark"; readonly text: Mark; readonly position: Position }
  | { readonly type: "newline" | "end"; readonly text: ""; readonly position: Position };

export type Mark = "(" | ")" | "[" | "]" | "," | "=" | "+" | ";";

const MARKS: readonly string[] = ["(", ")", "[", "]", ",", "=", "+", ";"] satisfies readonly Mark[];
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const BLANK = /(?:[ \t]|#[^\r\n]*)+/y;
const NEWLINE = /\r?\n/y;
const SINGLE_ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};
/** After the backslash: the digits of a code point, by their introducing letter. */
const NUMERIC_ESCAPE = /x(?<short>[0-7][0-9A-Fa-f])|u(?<four>[0-9A-Fa-f]{4})|U(?<eight>[0-9A-Fa-f]{8})/y;

function isMark(text: string): text is Mark {
  return MARKS.includes(text);
}

/** Cuts a rules file into tokens, one at a time. Everything outside the subset is refused with its position. */
export class RulesLexer {
  readonly #text: string;
  readonly #file: string;
  #offset = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    if (text.startsWith("\ufeff")) this.#offset = this.#lineStart = 1;
  }

  next(): Token {
    this.#take(BLANK);
    const position = this.#position();
    if (this.#offset >= this.#text.length) return { type: "end", text: "", position };
    if (this.#take(NEWLINE) !== undefined) {
      this.#startLine();
      return { type: "newline", text: "", position };
    }
    const character = this.#text.charAt(this.#offset);
    if (character === '"' || character === "'") return { type: "string", text: this.#string("escaped"), position };
    const name = this.#take(NAME);
    if (name !== undefined) return this.#nameOrRawString(name, position);
    if (!isMark(character)) throw new RulesError(position, `unexpected ${JSON.stringify(character)}`);
    this.#offset += 1;
    return { type: "mark", text: character, position };
  }

  /** `r"…"` keeps backslashes; other string prefixes are outside the subset. */
  #nameOrRawString(name: string, position: Position): Token {
    const following = this.#text.charAt(this.#offset);
    if (following !== '"' && following !== "'") return { type: "name", text: name, position };
    if (name === "r") return { type: "string", text: this.#string("raw"), position };
    throw new RulesError(position, `strings with the prefix ${name} are not supported`);
  }

  #string(kind: "escaped" | "raw"): string {
    const start = this.#position();
    const quote = this.#text.charAt(this.#offset);
    const triple = this.#text.startsWith(quote.repeat(3), this.#offset);
    const fence = triple ? quote.repeat(3) : quote;
    this.#offset += fence.length;
    const pieces: string[] = [];
    let length = 0;
    while (!this.#text.startsWith(fence, this.#offset)) {
      if (this.#offset >= this.#text.length) throw new RulesError(start, "this string has no end");
      const piece = this.#character({ kind, triple, start });
      length += piece.length;
      if (length > RULES_LIMITS.string) throw new RulesError(start, "this string is too long");
      pieces.push(piece);
    }
    this.#offset += fence.length;
    return pieces.join("");
  }

  #character(string: { kind: "escaped" | "raw"; triple: boolean; start: Position }): string {
    const position = this.#position();
    if (this.#take(NEWLINE) !== undefined) {
      if (!string.triple) throw new RulesError(string.start, "this string does not end on its line");
      this.#startLine();
      return "\n";
    }
    const character = this.#text.charAt(this.#offset);
    this.#offset += 1;
    if (character === "\r") throw new RulesError(position, "a carriage return may only end a line");
    if (character !== "\\") return character;
    const escaped = this.#text.charAt(this.#offset);
    if (string.kind === "raw") {
      if (escaped === "\n" || escaped === "\r" || escaped === "") throw new RulesError(position, "bad escape");
      this.#offset += 1;
      return character + escaped;
    }
    return this.#escape(position);
  }

  #escape(position: Position): string {
    NUMERIC_ESCAPE.lastIndex = this.#offset;
    const digits = Object.values(NUMERIC_ESCAPE.exec(this.#text)?.groups ?? {}).find((text) => text !== undefined);
    if (digits !== undefined) {
      this.#offset += 1 + digits.length;
      const code = Number.parseInt(digits, 16);
      const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      if (!isCharacter) throw new RulesError(position, "this escape is not a character");
      return String.fromCodePoint(code);
    }
    const letter = this.#text.charAt(this.#offset);
    const meaning = Object.hasOwn(SINGLE_ESCAPES, letter) ? SINGLE_ESCAPES[letter] : undefined;
    if (meaning === undefined) {
      throw new RulesError(position, `unknown escape \\${JSON.stringify(letter).slice(1, -1)}; write \\\\ or r"…"`);
    }
    this.#offset += 1;
    return meaning;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#offset += found.length;
    return found;
  }

  #startLine(): void {
    this.#line += 1;
    this.#lineStart = this.#offset;
  }

  #position(): Position {
    return { file: this.#file, line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }
}
