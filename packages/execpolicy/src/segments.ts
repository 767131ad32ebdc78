import type { Because } from "@codex/protocol";
import type { SegmentAssessment } from "./assessment.js";
import { carriedCommands } from "./carriers.js";
import { findDanger } from "./dangerous.js";
import { strictest } from "./decision.js";
import { safetyInPlace, type SafetyFacts } from "./known-safe.js";
import type { Policy } from "./policy.js";
import { askRules, askStrictRules, type RuleVerdict } from "./rule-verdict.js";
import type { PlainCommand } from "./shell/plain.js";
import type { Reading } from "./shell/reading.js";

/** What rules and built-in lists say about each command of a reading; an unknown script is one segment. */
export function assessSegments(
  argv: readonly string[],
  reading: Reading,
  request: SafetyFacts & { readonly policy: Policy },
): readonly SegmentAssessment[] {
  if (reading.type !== "unknown") return assessCommands(reading.commands, request);
  const text = `the script ${reading.reason}, so what it runs is not certain`;
  return [assessSegment(request.policy, argv, { decision: "undecided", by: "nothing", text })];
}

function assessCommands(
  commands: readonly PlainCommand[],
  request: SafetyFacts & { readonly policy: Policy },
): readonly SegmentAssessment[] {
  const safe = safetyInPlace(commands, request);
  return commands.map(({ argv }, index) => {
    const name = argv[0] ?? "an empty command";
    const fallback: Fallback = safe[index]
      ? { decision: "allow", by: "known_safe", text: `${name} with these options only reads` }
      : { decision: "undecided", by: "nothing", text: `no rule covers ${name}, and it is not known only to read` };
    return assessSegment(request.policy, argv, fallback);
  });
}

/** What holds when neither a rule nor a danger decides. */
type Fallback = Pick<SegmentAssessment, "decision" | "by"> & { readonly text: string };

function assessSegment(policy: Policy, argv: readonly string[], fallback: Fallback): SegmentAssessment {
  const asked = askRules(policy, argv);
  const carried = strictRulesOnCarried(policy, argv);
  const matches = [...asked.matches, ...carried.matches];
  const because = [...asked.because, ...carried.because];
  const decision = strictest([asked.decision, carried.decision].filter((each) => each !== undefined));
  if (decision !== undefined) return { argv, decision, by: "rule", matches, because };
  const danger = findDanger(argv);
  if (danger !== undefined) {
    const reason: Because = { layer: "safety", text: `the command ${danger.text}`, matched: danger.matched };
    return { argv, decision: "prompt", by: "danger", matches, danger, because: [...because, reason] };
  }
  const reason: Because = { layer: "safety", text: fallback.text, matched: argv };
  return { argv, decision: fallback.decision, by: fallback.by, matches, because: [...because, reason] };
}

/** A refusal of `whoami` also reaches `sudo whoami`. */
function strictRulesOnCarried(policy: Policy, argv: readonly string[]): RuleVerdict {
  const carried = carriedCommands(argv);
  const commands = carried.type === "commands" ? carried.commands.slice(1) : [];
  const verdicts = commands.map((words) => askStrictRules(policy, words)).filter(({ matches }) => matches.length > 0);
  return {
    decision: strictest(verdicts.map(({ decision }) => decision).filter((each) => each !== undefined)),
    matches: verdicts.flatMap((verdict) => verdict.matches),
    because: verdicts.flatMap((verdict) => verdict.because),
  };
}
