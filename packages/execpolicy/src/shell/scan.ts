/**
 * Every command that a script of any syntax mentions, as far as its words can be guessed: in loops, substitutions,
 * subshells, after assignments and redirections. A guess for refusing and asking only, never for allowing: it may find
 * commands that would not run, and a script that builds its words at run time hides them (exec.md §3.2).
 * `undefined`: too much to look at.
 */
export function mentionedCommands(script: string): readonly (readonly string[])[] | undefined {
  const found: string[][] = [];
  const pending = [script];
  let left = SCAN_LIMIT;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    left -= next.length + 1;
    if (left < 0) return undefined;
    const scanner = new Scanner(next);
    scanner.scan();
    found.push(...scanner.commands);
    pending.push(...scanner.inner);
  }
  return found.map(withoutLeaders).filter((words) => words.length > 0);
}

/** UTF-16 units looked at, scripts inside scripts counted again. */
const SCAN_LIMIT = 512 * 1024;

const LEADERS: ReadonlySet<string> = new Set("if then else elif while until do ! { } time coproc function".split(" "));
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]*\])?\+?=/;
const REDIRECTION = /(?:\d*|\{\w+\})(?:<<<|<>|>\||>>|[<>]&?|&>>?)[ \t]*/y;
const HEREDOC = /\d*<<(?<strip>-?)[ \t]*(?<quote>["'\\]?)(?<word>[A-Za-z0-9_.-]+)["']?(?=[\s;&|)<>]|$)/y;
const SEPARATOR = /[;&|()\n\r`]+/y;
const ANSI_ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", "'": "'", '"': '"', "\\": "\\" };

/** Keywords and assignments stand before the command they belong to. */
function withoutLeaders(words: readonly string[]): readonly string[] {
  const start = words.findIndex((word) => !LEADERS.has(word) && !ASSIGNMENT.test(word));
  return start < 0 ? [] : words.slice(start);
}

class Scanner {
  readonly commands: string[][] = [];
  /** Scripts found inside words. */
  readonly inner: string[] = [];
  readonly #script: string;
  readonly #heredocs: { word: string; quoted: boolean }[] = [];
  #words: string[] = [];
  #word: string | undefined;
  #afterRedirection = false;
  #offset = 0;

  constructor(script: string) {
    this.#script = script.replaceAll("\\\n", "");
  }

  scan(): void {
    while (this.#offset < this.#script.length) this.#step();
    this.#endCommand();
  }

  #step(): void {
    const character = this.#script.charAt(this.#offset);
    if (/[ \t]/.test(character)) {
      this.#offset += 1;
      this.#endWord();
    } else if (character === "#" && this.#word === undefined) {
      const end = this.#script.indexOf("\n", this.#offset);
      this.#offset = end < 0 ? this.#script.length : end;
    } else if (!this.#redirection() && !this.#substitution() && !this.#quotation()) {
      this.#separatorOrCharacter(character);
    }
  }

  #separatorOrCharacter(character: string): void {
    const separator = this.#take(SEPARATOR);
    if (separator === undefined) {
      this.#offset += 1;
      this.#append(character);
      return;
    }
    this.#endCommand();
    if (separator[0].includes("\n")) this.#skipHeredocs();
  }

  #redirection(): boolean {
    const heredoc = this.#take(HEREDOC)?.groups;
    if (heredoc !== undefined) {
      this.#endWord();
      this.#heredocs.push({ word: heredoc["word"] ?? "", quoted: heredoc["quote"] !== "" });
      return true;
    }
    const isInside = this.#word !== undefined && /[\d{]/.test(this.#script.charAt(this.#offset));
    if (isInside || this.#take(REDIRECTION) === undefined) return false;
    this.#endWord();
    this.#afterRedirection = true;
    return true;
  }

  /** `$(…)` and `<(…)`: the script inside is scanned by itself, the word keeps its text. */
  #substitution(): boolean {
    if (!this.#script.startsWith("$(", this.#offset)) return false;
    const text = balanced(this.#script, this.#offset + 1);
    this.inner.push(text.slice(1, -1));
    this.#append(programNamed(text) ?? `$${text}`);
    this.#offset += 1 + text.length;
    return true;
  }

  #quotation(): boolean {
    const rest = this.#script.slice(this.#offset, this.#offset + 2);
    if (rest.startsWith("'")) this.#append(this.#until("'", 1));
    else if (rest === "$'") this.#append(decodeAnsi(this.#until("'", 2)));
    else if (rest === '$"') this.#doubleQuoted(2);
    else if (rest.startsWith('"')) this.#doubleQuoted(1);
    else if (rest.startsWith("\\")) {
      this.#append(rest.slice(1));
      this.#offset += 2;
    } else return false;
    return true;
  }

  #doubleQuoted(opening: number): void {
    const content = this.#until('"', opening);
    this.#append(content.replace(/\\([$`"\\])/g, "$1"));
    if (/\$\(|`/.test(content)) this.inner.push(content.replace(/\\([$`"\\])/g, "$1").replace(/^[^$`]*/, ""));
  }

  /** Text up to an unescaped closing mark; in single quotes only `$'…'` knows escapes. */
  #until(mark: string, opening: number): string {
    const start = this.#offset + opening;
    const hasEscapes = mark === '"' || opening === 2;
    let end = start;
    while (end < this.#script.length && this.#script.charAt(end) !== mark) {
      end += hasEscapes && this.#script.charAt(end) === "\\" ? 2 : 1;
    }
    this.#offset = end + 1;
    return this.#script.slice(start, end);
  }

  #skipHeredocs(): void {
    for (const { word, quoted } of this.#heredocs.splice(0)) {
      const lines = this.#script.slice(this.#offset).split("\n");
      const end = lines.findIndex((line) => line.trim() === word);
      if (end < 0) return;
      const body = lines.slice(0, end).join("\n");
      if (readsScripts(this.commands.at(-1) ?? [])) this.inner.push(body);
      else if (!quoted) this.inner.push(substitutionsOf(body));
      this.#offset += body.length;
    }
  }

  #append(text: string): void {
    this.#word = (this.#word ?? "") + text;
  }

  #endWord(): void {
    if (this.#word !== undefined && !this.#afterRedirection) this.#words.push(...expandBraces(this.#word));
    if (this.#word !== undefined) this.#afterRedirection = false;
    this.#word = undefined;
  }

  #endCommand(): void {
    this.#endWord();
    this.#afterRedirection = false;
    if (this.#words.length > 0) this.commands.push(this.#words);
    this.#words = [];
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#script);
    if (match !== null) this.#offset += match[0].length;
    return match ?? undefined;
  }
}

/** From an opening parenthesis to the one that closes it, or to the end. */
function balanced(script: string, start: number): string {
  let depth = 0;
  for (let index = start; index < script.length; index += 1) {
    const character = script.charAt(index);
    if (character === "\\") index += 1;
    else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    if (depth === 0) return script.slice(start, index + 1);
  }
  return `${script.slice(start)})`;
}

/** `$(which rm)` stands for rm. */
function programNamed(substitution: string): string | undefined {
  return /^\(\s*(?:which|command\s+-v|type\s+-p)\s+["']?(?<name>[^\s"')]+)["']?\s*\)$/.exec(substitution)?.groups?.[
    "name"
  ];
}

function readsScripts(words: readonly string[]): boolean {
  return words.some((word) => /(?:^|\/)(?:ba|z|da|k|fi)?sh$/.test(word));
}

function substitutionsOf(body: string): string {
  const start = body.search(/\$\(|`/);
  return start < 0 ? "" : body.slice(start);
}

/** `{rm,-f,x}` is three words; other braces stay as they are. */
function expandBraces(word: string): readonly string[] {
  const [, inside] = /^\{([^{}]*,[^{}]*)\}$/.exec(word) ?? [];
  return inside === undefined ? [word] : inside.split(",");
}

function decodeAnsi(text: string): string {
  return text.replace(/\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|([0-7]{1,3})|(.))/g, (...parts: unknown[]) => {
    const [, hex, unicode, octal, letter] = parts.map((part) => (typeof part === "string" ? part : ""));
    if (hex !== undefined && hex !== "") return String.fromCharCode(Number.parseInt(hex, 16));
    if (unicode !== undefined && unicode !== "") return String.fromCharCode(Number.parseInt(unicode, 16));
    if (octal !== undefined && octal !== "") return String.fromCharCode(Number.parseInt(octal, 8));
    return ANSI_ESCAPES[letter ?? ""] ?? letter ?? "";
  });
}
