import { amendmentLine } from "./amend.js";
import type { CommandAssessment, SegmentAssessment } from "./assessment.js";
import { isBroadPrefix } from "./broad-prefixes.js";
import { strictest, type Outcome } from "./decision.js";
import { grantsFor, startsWith } from "./grants.js";
import type { SafetyFacts } from "./known-safe.js";
import type { Policy } from "./policy.js";
import { reasonForModel } from "./reason-text.js";
import { wouldAllow } from "./rule-verdict.js";
import { assessSegments } from "./segments.js";
import { canonicalCommand, readCommand, type Reading } from "./shell/reading.js";

export type AssessRequest = SafetyFacts & {
  readonly argv: readonly string[];
  readonly policy: Policy;
  /** The model's `prefix_rule`: what it would like to be allowed from now on. */
  readonly suggestion?: readonly string[];
  /** Argument vectors run before in this session; counted for each grant. */
  readonly earlier?: readonly (readonly string[])[];
};

/**
 * What a command means and what rules and built-in lists say about it, with every reason. Never allows what it does
 * not understand: a script that is not certainly plain is undecided, unless a rule names that very script.
 */
export function assessCommand(request: AssessRequest): CommandAssessment {
  const reading = readCommand(request.argv);
  const segments = assessSegments(request.argv, reading, request);
  const decision = strictest(segments.map((segment) => segment.decision)) ?? "undecided";
  const deciding = segments.find((segment) => segment.decision === decision);
  const amendment = onFirstRead(() => amendmentFor(request, reading, segments));
  const reason = deciding === undefined ? undefined : reasonForModel(request.argv, deciding);
  return {
    reading: reading.type,
    decision,
    by: deciding?.by ?? "nothing",
    covered: segments.length > 0 && segments.every(({ by, decision: each }) => by === "rule" && each === "allow"),
    segments,
    because: segments.flatMap((segment) => segment.because),
    ...(reason === undefined ? {} : { reason }),
    get amendment() {
      return amendment();
    },
    get grants() {
      const offered = amendment();
      return offered === undefined ? [] : grantsFor(grantRequest(request, segments, offered));
    },
    get allow_with() {
      return smallestChange(segments, decision, amendment);
    },
    get key() {
      return canonicalCommand(request.argv);
    },
  };
}

/** Most commands are neither asked about nor refused: what only that needs is not worked out for them. */
function onFirstRead<T>(work: () => T): () => T {
  let done: { readonly value: T } | undefined;
  return () => (done ??= { value: work() }).value;
}

/**
 * exec.md §2.5, stricter: nothing is offered for a danger, and nothing when any rule asks or forbids, when an allow
 * rule already covers all, or when the text of a script would be hidden in a here-document.
 */
function amendmentFor(
  request: AssessRequest,
  reading: Reading,
  segments: readonly SegmentAssessment[],
): readonly string[] | undefined {
  const { suggestion } = request;
  if (segments.some(({ by, danger, decision }) => danger !== undefined || (by === "rule" && decision !== "allow"))) {
    return undefined;
  }
  if (reading.type === "unknown" && reading.wrapper.script.includes("<<")) return undefined;
  const open = openSegments(segments);
  const [first] = open;
  if (first === undefined) return undefined;
  if (suggestion !== undefined && isFit(suggestion, open)) return suggestion;
  return isFit(first.argv, [first]) ? first.argv : undefined;
}

/** The segments that stand in the way; of an allowed command, those that no rule covers. */
function openSegments(segments: readonly SegmentAssessment[]): readonly SegmentAssessment[] {
  const undecided = segments.filter((segment) => segment.decision !== "allow");
  return undecided.length > 0 ? undecided : segments.filter((segment) => segment.by !== "rule");
}

/** Whether a rule of these words may be offered and would allow every one of these segments. */
function isFit(pattern: readonly string[], open: readonly SegmentAssessment[]): boolean {
  if (isBroadPrefix(pattern) || amendmentLine({ type: "prefix", pattern }).line === undefined) return false;
  return open.every(({ argv }) => startsWith(argv, pattern) && wouldAllow(pattern, argv));
}

function grantRequest(
  request: AssessRequest,
  segments: readonly SegmentAssessment[],
  amendment: readonly string[],
): Parameters<typeof grantsFor>[0] {
  const argv = openSegments(segments)[0]?.argv ?? amendment;
  const isSuggested = amendment.length < argv.length;
  return { argv, suggestion: isSuggested ? amendment : undefined, earlier: request.earlier ?? [] };
}

/** A line of rules for every segment that is not allowed yet, or the rule that stands in the way. */
function smallestChange(
  segments: readonly SegmentAssessment[],
  decision: Outcome,
  amendmentOf: () => readonly string[] | undefined,
): string | undefined {
  if (decision === "allow") return undefined;
  const strict = segments.flatMap((segment) => segment.matches).find((match) => match.rule.decision === decision);
  if (strict !== undefined)
    return `change or remove the rule at ${strict.rule.position.file}:${strict.rule.position.line}`;
  const amendment = amendmentOf();
  const lines = segments
    .filter((segment) => segment.decision !== "allow")
    .map(({ argv }) => (amendment !== undefined && startsWith(argv, amendment) ? amendment : argv))
    .map((pattern) => amendmentLine({ type: "prefix", pattern }).line);
  return lines.includes(undefined) ? undefined : [...new Set(lines)].join("\n");
}
