import type { Action, Because, Consultation, Verdict } from "@codex/protocol";
import { isConfined } from "@codex/protocol";
import type { CommandAssessment, Policy, SegmentAssessment } from "@codex/execpolicy";
import { assessCommand } from "@codex/execpolicy";
import type { Mode } from "./asking.js";
import { homePlace, isOnRequest, nameOf, placeText, silence } from "./asking.js";

export type ExecAction = Extract<Action, { readonly type: "exec" }>;

export type CommandFacts = {
  readonly rules: Policy;
  /** The user trusts the project, and with it what its repository configures. */
  readonly repository: "trusted" | "unknown";
  /** Argument vectors run before in this session. */
  readonly earlier: readonly (readonly string[])[];
};

/** Marker of exec.md §3.7. */
const RETRY_REASON = "command failed; retry without sandbox?";

/** May this command run? The matrix of exec.md §2.6 and §3.4–3.7 over what rules and built-in lists say. */
export function assessExec(action: ExecAction, mode: Mode, facts: CommandFacts): Verdict {
  return verdictOn(assessmentOf(action, facts), action, mode);
}

export function assessmentOf(action: ExecAction, facts: CommandFacts): CommandAssessment {
  return assessCommand({
    argv: action.argv,
    policy: facts.rules,
    earlier: facts.earlier,
    ...(facts.repository === "trusted" ? { repository: "trusted" } : {}),
    ...(action.prefix_rule === undefined ? {} : { suggestion: action.prefix_rule }),
  });
}

/** What follows from an assessment under this mode. */
export function verdictOn(assessment: CommandAssessment, action: ExecAction, mode: Mode): Verdict {
  const presumption = presumptionOf(action, mode);
  if (presumption !== undefined) return { type: "forbid", because: [presumption] };
  const outcomes = assessment.segments.map((segment) => outcomeOf(segment, action, mode));
  const refused = outcomes.filter((outcome) => outcome.type === "forbid");
  if (refused.length > 0) {
    const allow_with = assessment.allow_with === undefined ? {} : { allow_with: assessment.allow_with };
    return { type: "forbid", because: distinct(refused.flatMap((outcome) => outcome.because)), ...allow_with };
  }
  const questions = outcomes.filter((outcome) => outcome.type === "ask");
  if (questions.length > 0) {
    const because = distinct(questions.flatMap((outcome) => outcome.because));
    return asking(because, consultation(assessment, action), action, mode);
  }
  return allowing(assessment, action, mode);
}

/** Escalation is a question to the person, so it is refused where the mode does not take one (exec.md §3.5). */
function presumptionOf(action: ExecAction, mode: Mode): Because | undefined {
  if (action.permissions === "default" || isOnRequest(mode.approval_policy)) return undefined;
  const name = nameOf(mode.approval_policy);
  return {
    layer: "mode",
    text:
      `approval policy is ${name}; reject command — you should not ask for escalated permissions ` +
      `if the approval policy is ${name}`,
  };
}

type Outcome = { readonly type: "allow" | "ask" | "forbid"; readonly because: readonly Because[] };

/** exec.md §3.4, with §2.6 for what a rule says; the first condition that holds decides. */
function outcomeOf(segment: SegmentAssessment, action: ExecAction, mode: Mode): Outcome {
  const { by, decision, because } = segment;
  if (decision === "forbidden") return { type: "forbid", because };
  if (by === "rule") {
    return decision === "allow"
      ? { type: "allow", because }
      : question(because, silence(mode.approval_policy, "rules"));
  }
  const muted = silence(mode.approval_policy, "sandbox_approval");
  if (by === "danger") return question(because, muted);
  switch (mode.approval_policy) {
    case "never":
      return { type: "allow", because };
    case "untrusted":
      return by === "known_safe" ? { type: "allow", because } : { type: "ask", because };
    case "on-request":
    case "on-failure":
    default: {
      const leaves = action.permissions !== "default" && isConfined(mode.sandbox_policy);
      if (!leaves) return { type: "allow", because };
      const escalation: Because = { layer: "mode", text: `it asks to leave the ${mode.sandbox_policy.type} sandbox` };
      return question([...because, escalation], muted);
    }
  }
}

function question(because: readonly Because[], muted: Because | undefined): Outcome {
  return muted === undefined ? { type: "ask", because } : { type: "forbid", because: [...because, muted] };
}

function asking(because: readonly Because[], offer: Consultation, action: ExecAction, mode: Mode): Verdict {
  const then = action.permissions === "default" ? homePlace(mode.sandbox_policy) : "direct";
  const retry = then === "confined" && mayLeave(mode) ? ({ retry: "consented" } as const) : {};
  return { type: "ask", then, because, ...offer, ...retry };
}

function allowing(assessment: CommandAssessment, action: ExecAction, mode: Mode): Verdict {
  const place = assessment.covered ? "direct" : homePlace(mode.sandbox_policy);
  const because = [...assessment.because, placeText(place, mode.sandbox_policy)];
  if (place === "direct") return { type: "allow", confined: false, because };
  const retry = mayLeave(mode) ? { retry: { ...consultation(assessment, action), reason: RETRY_REASON } } : {};
  return { type: "allow", confined: true, because, ...retry };
}

/** After a denial, is a second attempt outside a matter of consent at all? (exec.md §3.7: not on request.) */
function mayLeave({ approval_policy, sandbox_policy }: Mode): boolean {
  if (!isConfined(sandbox_policy)) return false;
  return (
    approval_policy === "untrusted" ||
    (typeof approval_policy !== "string" && approval_policy.granular.sandbox_approval)
  );
}

/** The policy's own reason comes before the model's (exec.md §3.6). */
function consultation(assessment: CommandAssessment, action: ExecAction): Consultation {
  const reason = assessment.reason ?? action.justification;
  return {
    grants: assessment.grants,
    ...(reason === undefined ? {} : { reason }),
    ...(assessment.amendment === undefined ? {} : { amendment: assessment.amendment }),
  };
}

function distinct(reasons: readonly Because[]): readonly Because[] {
  const seen = new Map(reasons.map((reason) => [JSON.stringify(reason), reason]));
  return [...seen.values()];
}
