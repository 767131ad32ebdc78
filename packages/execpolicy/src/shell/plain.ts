import { lexScript, type Operator, type ShellName, type ShellToken } from "./lex.js";
import { notPlainReason } from "./not-programs.js";

/** One command of a plain script, and what joins it to the one before. */
export type PlainCommand = {
  readonly argv: readonly string[];
  readonly joined: "first" | "and" | "or" | "then" | "pipe";
};

export type PlainScript =
  | { readonly type: "plain"; readonly commands: readonly PlainCommand[] }
  /** Not certainly plain; `reason` completes "the script …". */
  | { readonly type: "unknown"; readonly reason: string };

const COMMAND_LIMIT = 256;
const JOINS = { "&&": "and", "||": "or", ";": "then", "\n": "then", "|": "pipe" } as const;

/**
 * Reads a script as plain commands joined by `&&`, `||`, `;`, `|` and new lines, every word literal. The promise, held
 * against real shells by test/real-shell.test.ts: whatever is accepted runs with exactly these argument lists.
 */
export function parsePlainScript(script: string, shell: ShellName): PlainScript {
  const lexed = lexScript(script, shell);
  if (lexed.type === "unknown") return lexed;
  const commands: PlainCommand[] = [];
  let joined: PlainCommand["joined"] = "first";
  let pending: "required" | "optional" = "optional";
  for (const group of groupTokens(lexed.tokens)) {
    if (Array.isArray(group)) {
      const reason = reasonAgainst(group);
      if (reason !== undefined) return { type: "unknown", reason };
      commands.push({ argv: group.map((word) => word.text), joined: commands.length === 0 ? "first" : joined });
      if (commands.length > COMMAND_LIMIT) return { type: "unknown", reason: "has too many commands" };
      pending = "optional";
      joined = "then";
    } else {
      const place = placeOfOperator(group.text, { pending, afterCommand: group.afterCommand });
      if (place === "misplaced") return { type: "unknown", reason: "does not follow the shell's grammar" };
      if (place === "ignored") continue;
      joined = JOINS[group.text];
      pending = place;
    }
  }
  if (pending === "required") return { type: "unknown", reason: "ends in the middle of a command" };
  return commands.length === 0 ? { type: "unknown", reason: "is empty" } : { type: "plain", commands };
}

type Word = ShellToken & { readonly type: "word" };
type Joiner = { readonly text: Operator; readonly afterCommand: "yes" | "no" };

/** Words that stand together, and the operators between them. */
function groupTokens(tokens: readonly ShellToken[]): readonly (Word[] | Joiner)[] {
  const groups: (Word[] | Joiner)[] = [];
  let words: Word[] | undefined;
  for (const token of tokens) {
    if (token.type === "operator") {
      groups.push({ text: token.text, afterCommand: words === undefined ? "no" : "yes" });
      words = undefined;
    } else if (words === undefined) {
      words = [token];
      groups.push(words);
    } else {
      words.push(token);
    }
  }
  return groups;
}

/** New lines may stand anywhere between commands; every other operator follows a command directly. */
function placeOfOperator(
  operator: Operator,
  place: { pending: "required" | "optional"; afterCommand: "yes" | "no" },
): "required" | "optional" | "ignored" | "misplaced" {
  if (operator === "\n") return place.afterCommand === "yes" ? "optional" : "ignored";
  if (place.afterCommand === "no") return "misplaced";
  return operator === ";" ? "optional" : "required";
}

function reasonAgainst(words: readonly Word[]): string | undefined {
  const [name] = words;
  if (name?.quoted === true) return "has a quoted program name";
  return notPlainReason(words.map((word) => word.text));
}
