/** A place in a rules file; line and column count from 1, columns in UTF-16 units. */
export type Position = { readonly file: string; readonly line: number; readonly column: number };

/** Why a rules file cannot be used. `line` and `column` are absent when the file as a whole is at fault. */
export type RulesProblem = {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
};

/** Unwinds the parser; `parseRules` turns it into a value. */
export class RulesError extends Error {
  readonly problem: RulesProblem;

  constructor(position: Position | { readonly file: string }, message: string) {
    super(message);
    this.name = "RulesError";
    this.problem = { ...position, message };
  }
}

/** `FILE:LINE:COLUMN: message`, as far as the place is known. */
export function describeProblem(problem: RulesProblem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(":");
  return `${place}: ${problem.message}`;
}
