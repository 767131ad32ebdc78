import { applyCall, type Call, type RulesBuilder } from "./rule-calls.js";
import { RULES_LIMITS } from "./limits.js";
import { RulesError, type Position, type RulesProblem } from "./problem.js";
import { RulesLexer, type Mark, type Token } from "./rules-lexer.js";
import { Budget, concatenate, makeList, type Value } from "./rules-values.js";
import type { Rules } from "./rule.js";

export type ParsedRules =
  { readonly type: "parsed"; readonly rules: Rules } | { readonly type: "failed"; readonly problem: RulesProblem };

/**
 * Reads the `.rules` language (exec.md §2.1) as far as people and machines write it: calls of `prefix_rule`,
 * `network_rule` and `host_executable`, strings, lists, `+`, top-level variables, comments. Anything else is refused
 * with its position, and so is whatever exceeds `RULES_LIMITS`. Examples are checked by `checkExamples`.
 */
export function parseRules(text: string, file: string): ParsedRules {
  try {
    if (text.length > RULES_LIMITS.text) {
      throw new RulesError({ file }, `longer than ${RULES_LIMITS.text} characters`);
    }
    return { type: "parsed", rules: new RulesParser(text, file).file() };
  } catch (error) {
    if (error instanceof RulesError) return { type: "failed", problem: error.problem };
    throw error;
  }
}

const CLOSING = { "(": ")", "[": "]" } as const;

class RulesParser {
  readonly #lexer: RulesLexer;
  readonly #budget = new Budget();
  readonly #variables = new Map<string, Value>();
  readonly #builder: RulesBuilder = { prefixes: [], hosts: [], networks: [] };
  #token: Token;
  #ahead: Token | undefined;
  #depth = 0;

  constructor(text: string, file: string) {
    this.#lexer = new RulesLexer(text, file);
    this.#token = this.#lexer.next();
  }

  file(): Rules {
    for (;;) {
      while (this.#token.type === "newline") this.#advance();
      if (this.#token.type === "end") return this.#builder;
      this.#statement();
      this.#endOfStatement();
    }
  }

  #endOfStatement(): void {
    const { type } = this.#token;
    if (type !== "newline" && type !== "end") this.#expect(";", "a new line");
  }

  #statement(): void {
    const { text: name, position } = this.#token;
    if (this.#token.type !== "name") throw this.#unexpected("a call or an assignment");
    this.#advance();
    if (this.#is("=")) {
      this.#advance();
      if (this.#variables.has(name)) throw new RulesError(position, `${name} is already defined`);
      this.#variables.set(name, this.#expression());
      return;
    }
    applyCall(this.#call(name, position), this.#builder, this.#budget);
  }

  #call(name: string, position: Position): Call {
    const positional: Value[] = [];
    const named = new Map<string, Value>();
    this.#bracketed("(", () => {
      const start = this.#token;
      if (start.type === "name" && this.#nextIs("=")) {
        this.#namedArgument(start.text, named);
        return;
      }
      if (named.size > 0) throw new RulesError(start.position, "a positional argument after a named one");
      positional.push(this.#expression());
    });
    return { name, position, positional, named };
  }

  /** Elements between brackets, with an optional comma at the end. */
  #bracketed(open: "(" | "[", element: () => void): void {
    const opening = this.#token.position;
    this.#expect(open, "a call");
    this.#depth += 1;
    if (this.#depth > RULES_LIMITS.depth) throw new RulesError(opening, "brackets are nested too deeply");
    this.#skipNewlines();
    while (!this.#is(CLOSING[open])) {
      element();
      this.#skipNewlines();
      if (this.#is(CLOSING[open])) break;
      this.#expect(",", `a comma or ${CLOSING[open]}`);
      this.#skipNewlines();
    }
    this.#depth -= 1;
    this.#advance();
  }

  #namedArgument(name: string, named: Map<string, Value>): void {
    if (named.has(name)) throw new RulesError(this.#token.position, `${name} is given twice`);
    this.#advance();
    this.#expect("=", "=");
    this.#skipNewlines();
    named.set(name, this.#expression());
  }

  #expression(): Value {
    let value = this.#term();
    for (;;) {
      if (this.#depth > 0) this.#skipNewlines();
      if (!this.#is("+")) return value;
      this.#advance();
      if (this.#depth > 0) this.#skipNewlines();
      value = concatenate(value, this.#term(), this.#budget);
    }
  }

  #term(): Value {
    const { type, text, position } = this.#token;
    if (type === "string") {
      this.#budget.spend(1, position);
      this.#advance();
      return { type: "string", text, position };
    }
    if (type === "name") {
      const value = this.#variables.get(text);
      if (value === undefined) throw new RulesError(position, `${text} is not defined`);
      this.#advance();
      return { ...value, position };
    }
    if (this.#is("[")) return this.#list(position);
    if (this.#is("(")) return this.#parenthesised(position);
    throw this.#unexpected("a string or a list");
  }

  #list(position: Position): Value {
    const items: Value[] = [];
    this.#bracketed("[", () => items.push(this.#expression()));
    return makeList(items, position, this.#budget);
  }

  #parenthesised(position: Position): Value {
    const values: Value[] = [];
    this.#bracketed("(", () => {
      values.push(this.#expression());
      if (this.#is(",")) throw new RulesError(position, "tuples are not supported; write a list");
    });
    const [value] = values;
    if (value === undefined) throw new RulesError(position, "tuples are not supported; write a list");
    return value;
  }

  #is(mark: Mark): boolean {
    return this.#token.type === "mark" && this.#token.text === mark;
  }

  #expect(mark: Mark, instead: string): void {
    if (!this.#is(mark)) throw this.#unexpected(instead);
    this.#advance();
  }

  #nextIs(mark: Mark): boolean {
    this.#ahead ??= this.#lexer.next();
    return this.#ahead.type === "mark" && this.#ahead.text === mark;
  }

  #advance(): void {
    this.#token = this.#ahead ?? this.#lexer.next();
    this.#ahead = undefined;
  }

  #skipNewlines(): void {
    while (this.#token.type === "newline") this.#advance();
  }

  #unexpected(wanted: string): RulesError {
    const { type, text, position } = this.#token;
    const found = type === "end" ? "the end of the file" : type === "newline" ? "the end of the line" : quoted(text);
    return new RulesError(position, `expected ${wanted}, found ${found}`);
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
