import type { SegmentAssessment } from "./assessment.js";
import { joinWords } from "./words.js";

/**
 * The sentence for the model and the user when a rule or a danger decided (exec.md §2.6); the longest matching rule
 * supplies the justification. `undefined` when nothing needs saying.
 */
export function reasonForModel(argv: readonly string[], segment: SegmentAssessment): string | undefined {
  const command = `\`${joinWords(argv)}\``;
  if (segment.by === "danger")
    return `${command} requires approval: the command ${segment.danger?.text ?? "is dangerous"}`;
  if (segment.by !== "rule" || segment.decision === "allow") return undefined;
  const [longest] = segment.matches
    .filter((match) => match.rule.decision === segment.decision)
    .sort((left, right) => right.matched.length - left.matched.length);
  const justification = longest?.rule.justification;
  if (segment.decision === "prompt") {
    return `${command} requires approval${justification === undefined ? " by policy" : `: ${justification}`}`;
  }
  const fallback = `policy forbids commands starting with \`${joinWords(longest?.matched ?? [])}\``;
  return `${command} rejected: ${justification ?? fallback}`;
}
