import { decisionOf, type RuleMatch } from "./policy.js";
import { loadPolicyFiles } from "./load.js";
import { describeProblem } from "./problem.js";

/** What `codex execpolicy` needs from the process it runs in. */
export type CommandContext = {
  /** Without the program's name. */
  readonly args: readonly string[];
  readonly writeOutput: (text: string) => void;
  readonly writeError: (text: string) => void;
};

/** `failed` 1: a rules file cannot be used. `misused` 2: the arguments are wrong. Forbidden is an answer, so 0. */
const EXIT = { done: 0, failed: 1, misused: 2 } as const;
const USAGE = "Usage: codex-execpolicy check --rules FILE... [--pretty] [--resolve-host-executables] [--] COMMAND...\n";

type CheckArguments = {
  readonly rules: readonly string[];
  readonly pretty: boolean;
  readonly resolveHostExecutables: boolean;
  readonly command: readonly string[];
};

/** The command `codex-execpolicy` (exec.md §2.3). Resolves to the exit code; speaks only through the context. */
export async function runExecpolicy(context: CommandContext, signal: AbortSignal): Promise<number> {
  const [verb, ...rest] = context.args;
  if (isHelp(verb) || (verb === "check" && isHelp(rest[0]))) {
    context.writeOutput(USAGE);
    return EXIT.done;
  }
  const parsed = verb === "check" ? readArguments(rest) : `unknown command ${JSON.stringify(verb ?? "")}`;
  if (typeof parsed === "string") {
    context.writeError(`Error: ${parsed}\n${USAGE}`);
    return EXIT.misused;
  }
  const loaded = await loadPolicyFiles(parsed.rules, signal);
  if (loaded.type === "failed") {
    for (const problem of loaded.problems) context.writeError(`Error: ${describeProblem(problem)}\n`);
    return EXIT.failed;
  }
  const { resolveHostExecutables } = parsed;
  const matches = loaded.policy.evaluate(parsed.command, { resolveHostExecutables });
  const decision = decisionOf(matches);
  const answer = { matchedRules: matches.map(matchAsJson), ...(decision === undefined ? {} : { decision }) };
  context.writeOutput(`${JSON.stringify(answer, null, parsed.pretty ? 2 : 0)}\n`);
  return EXIT.done;
}

function isHelp(word: string | undefined): boolean {
  return word === "--help" || word === "-h";
}

/** exec.md §2.2: camelCase, tagged from outside. */
function matchAsJson({ rule, matched, resolvedProgram }: RuleMatch): Readonly<Record<string, unknown>> {
  return {
    prefixRuleMatch: {
      matchedPrefix: matched,
      decision: rule.decision,
      ...(resolvedProgram === undefined ? {} : { resolvedProgram }),
      ...(rule.justification === undefined ? {} : { justification: rule.justification }),
    },
  };
}

/** The arguments, or what is wrong with them. The command starts at the first word that is no option. */
function readArguments(args: readonly string[]): CheckArguments | string {
  const rules: string[] = [];
  const switches = { pretty: false, resolveHostExecutables: false };
  let index = 0;
  for (; index < args.length; index += 1) {
    const word = args[index] ?? "";
    if (word === "--") {
      index += 1;
      break;
    }
    if (!word.startsWith("-")) break;
    if (word === "--pretty") switches.pretty = true;
    else if (word === "--resolve-host-executables") switches.resolveHostExecutables = true;
    else {
      const glued = /^(?:--rules=|-r=?)(?<file>.+)$/s.exec(word)?.groups?.["file"];
      if (glued === undefined && word !== "--rules" && word !== "-r") return `unknown option ${word}`;
      const file = glued ?? args[(index += 1)];
      if (file === undefined) return `${word} needs a file`;
      rules.push(file);
    }
  }
  const command = args.slice(index);
  if (rules.length === 0) return "at least one --rules FILE is needed";
  return command.length === 0 ? "a command to check is needed" : { rules, ...switches, command };
}
