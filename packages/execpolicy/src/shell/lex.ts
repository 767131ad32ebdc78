/** Shells whose reading of words differs where it matters here. */
export type ShellName = "bash" | "sh" | "zsh";

export type ShellToken =
  | {
      readonly type: "word";
      /** What the program gets: quotes and backslashes removed. */
      readonly text: string;
      /** Any part stood in quotes or after a backslash: never a keyword, an alias or a command name. */
      readonly quoted: boolean;
    }
  | { readonly type: "operator"; readonly text: Operator };

/** What joins two commands. A new line does the same as `;`, but may also stand alone. */
export type Operator = "&&" | "||" | ";" | "|" | "\n";

const OPERATORS: readonly string[] = ["&&", "||", ";", "|", "\n"] satisfies readonly Operator[];

function isOperator(text: string): text is Operator {
  return OPERATORS.includes(text);
}

export type LexedScript =
  | { readonly type: "tokens"; readonly tokens: readonly ShellToken[] }
  /** Something that may mean more than literal words; `reason` completes "the script …". */
  | { readonly type: "unknown"; readonly reason: string };

/** Longest script that is looked at, in UTF-16 units. */
const SCRIPT_LIMIT = 64 * 1024;

const BLANKS = /(?:[ \t]|\\\n)+/y;
const CONTINUATIONS = /(?:\\\n)+/y;
const OPERATOR = /&&|\|\||;|\||\n/y;
/** Characters with no meaning of their own anywhere in a word, in any of the shells. */
const PLAIN = /(?:[A-Za-z0-9_./:,@%+=-]|[^\x00-\x7f])+/y;
/** Harmless inside a word of bash and sh, but not at its start; patterns of zsh when it is set up so. */
const PLAIN_INSIDE = /[~^#]/y;
const SINGLE_QUOTED = /'(?<content>[^']*)'/y;
/** With RC_QUOTES, zsh reads `''` inside a quotation as a quote. */
const SINGLE_QUOTED_IN_ZSH = /'(?<content>[^']*)'(?!')/y;
const DOUBLE_QUOTED = /"(?<content>(?:[^"\\$`]|(?<![^\x00-\x7f])\\[^])*)"/y;
const ESCAPED = /\\(?<character>[\x21-\x7e ])/y;

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
/** Outside quotes only letters, digits and their marks: others may be blanks to some shell in some locale. */
const STRANGE_OUTSIDE_QUOTES = /[^\x00-\x7f\p{L}\p{N}\p{M}]/u;
/** Bytes that bash uses inside itself, terminal controls, and line endings of other systems. */
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

const REASONS: readonly (readonly [start: RegExp, reason: string])[] = [
  [/^\$'/, "has a $'…' string"],
  [/^(?:\$\(|`)/, "runs a command inside another"],
  [/^\$/, "expands a variable"],
  [/^<</, "has a here-document"],
  [/^[<>]|^&>/, "redirects input or output"],
  [/^\|&/, "redirects input or output"],
  [/^&/, "runs a command in the background"],
  [/^[()]/, "has a subshell or a function"],
  [/^[*?[\]]/, "has a file name pattern"],
  [/^[{}]/, "has braces"],
  [/^~/, "has a ~ path"],
  [/^#/, "has a comment"],
  [/^!/, "negates a command"],
  [/^["']/, "has an open or expanding quote"],
  [/^\\/, "has a backslash that is not understood"],
];

/**
 * Cuts a script into words and operators when every word is literal, in bash, dash and zsh alike. Anything that some
 * shell could read differently makes the whole script unknown (exec.md §3.3, trap 11: never accept more).
 */
export function lexScript(script: string, shell: ShellName): LexedScript {
  if (script.length > SCRIPT_LIMIT) return unknown("is too long");
  if (CONTROL.test(script) || LONE_SURROGATE.test(script)) return unknown("has control characters");
  return new ScriptLexer(script, shell).tokens();
}

function unknown(reason: string): LexedScript & { readonly type: "unknown" } {
  return { type: "unknown", reason };
}

class ScriptLexer {
  readonly #script: string;
  readonly #shell: ShellName;
  #offset = 0;

  constructor(script: string, shell: ShellName) {
    this.#script = script;
    this.#shell = shell;
  }

  tokens(): LexedScript {
    const tokens: ShellToken[] = [];
    for (;;) {
      this.#take(BLANKS);
      if (this.#offset >= this.#script.length) return { type: "tokens", tokens };
      const token = this.#operator() ?? this.#word();
      if (token === undefined) return unknown(this.#reason());
      tokens.push(token);
    }
  }

  #operator(): ShellToken | undefined {
    if (this.#script.startsWith("|&", this.#offset)) return undefined;
    const text = this.#take(OPERATOR)?.[0] ?? "";
    return isOperator(text) ? { type: "operator", text } : undefined;
  }

  #word(): ShellToken | undefined {
    let word: string | undefined;
    let quoted = false;
    for (;;) {
      this.#take(CONTINUATIONS);
      const plain = this.#plain(word);
      const piece = plain ?? this.#quoted();
      if (piece === undefined) break;
      word = (word ?? "") + piece;
      quoted ||= plain === undefined;
      if (this.#mayBeSwallowed()) return undefined;
    }
    const ended = this.#offset >= this.#script.length || /[ \t\n;&|]/.test(this.#script.charAt(this.#offset));
    // zsh replaces `=name` by the path of that program
    if (!ended || word === undefined || word.startsWith("=")) return undefined;
    return { type: "word", text: word, quoted };
  }

  /** @param before what the word has so far; undefined at its start */
  #plain(before: string | undefined): string | undefined {
    const text = this.#take(PLAIN)?.[0];
    if (text !== undefined) {
      if (!STRANGE_OUTSIDE_QUOTES.test(text)) return text;
      this.#offset -= text.length;
      return undefined;
    }
    // `a=~` and `a=b:~` are expanded by bash wherever they stand
    const mayExpand = this.#shell === "zsh" || before === undefined || /[=:]$/.test(before);
    return mayExpand ? undefined : this.#take(PLAIN_INSIDE)?.[0];
  }

  /** In locales with two-byte characters other than UTF-8, a lead byte can take in the `\` or `|` that follows. */
  #mayBeSwallowed(): boolean {
    return /[^\x00-\x7f][\\|]/.test(this.#script.slice(Math.max(0, this.#offset - 1), this.#offset + 1));
  }

  #quoted(): string | undefined {
    const pattern = this.#shell === "zsh" ? SINGLE_QUOTED_IN_ZSH : SINGLE_QUOTED;
    const single = this.#take(pattern)?.groups?.["content"];
    if (single !== undefined) return single;
    const double = this.#take(DOUBLE_QUOTED)?.groups?.["content"];
    if (double !== undefined) {
      return double.replace(/\\([$`"\\\n])/g, (_, escaped: string) => (escaped === "\n" ? "" : escaped));
    }
    return this.#take(ESCAPED)?.groups?.["character"];
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#script);
    if (found !== null) this.#offset += found[0].length;
    return found ?? undefined;
  }

  #reason(): string {
    const rest = this.#script.slice(this.#offset, this.#offset + 2);
    return REASONS.find(([start]) => start.test(rest))?.[1] ?? "has a word that is not literal";
  }
}
