import { parseJson } from "@codex/common";
import type { ReviewFinding, ReviewOutput } from "@codex/protocol";
import * as z from "zod/mini";

const line = z.int().check(z.gte(0));
const share = z._default(z.number(), 0);

const finding = z.object({
  title: z.string(),
  body: z._default(z.string(), ""),
  confidence_score: share,
  priority: z._default(z.nullable(z.number()), null),
  code_location: z.object({
    absolute_file_path: z.string(),
    line_range: z.object({ start: line, end: line }),
  }),
});

const review = z.object({
  findings: z._default(z.array(finding), []),
  overall_correctness: z._default(z.string(), ""),
  overall_explanation: z._default(z.string(), ""),
  overall_confidence_score: share,
});

/** Of a finding that names none. */
const LOWEST_PRIORITY = 3;

/** The JSON of an answer, or the JSON inside it; any other text is an explanation without findings. */
export function parseReview(text: string): ReviewOutput {
  const inside = text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1);
  for (const candidate of [text, inside]) {
    const parsed = review.safeParse(parseJson(candidate));
    if (!parsed.success) continue;
    const findings = parsed.data.findings.map((each) => ({ ...each, priority: priorityOf(each) }));
    return { ...parsed.data, findings };
  }
  return { findings: [], overall_correctness: "", overall_explanation: text.trim(), overall_confidence_score: 0 };
}

/** For a person: the explanation, then each finding with its place. */
export function reviewText({ findings, overall_explanation }: ReviewOutput): string {
  const explanation = overall_explanation.trim();
  if (findings.length === 0) return explanation === "" ? "The reviewer said nothing." : explanation;
  const heading = findings.length === 1 ? "Review comment:" : "Full review comments:";
  return [explanation, heading, ...findings.map(findingText)].filter((part) => part !== "").join("\n\n");
}

function findingText({ title, body, code_location }: ReviewFinding): string {
  const { absolute_file_path, line_range } = code_location;
  const indented = body.trim().replaceAll(/^(?=.)/gm, "  ");
  return `- ${title} — ${absolute_file_path}:${line_range.start}-${line_range.end}\n${indented}`;
}

function priorityOf({ priority, title }: z.infer<typeof finding>): number {
  const named = /^\[P([0-3])\]/.exec(title)?.[1];
  return priority ?? (named === undefined ? LOWEST_PRIORITY : Number(named));
}
