import type { ApprovalPolicy, Verdict } from "@codex/protocol";

const STRICTNESS = { allow: 0, ask: 1, forbid: 2 } as const satisfies Record<Verdict["type"], number>;

/** Several policies as one: the strictest verdict wins, inside is stricter than outside, reasons of all are kept. */
export function strictestOf(first: ApprovalPolicy, ...others: readonly ApprovalPolicy[]): ApprovalPolicy {
  return {
    assess: (action, turn, resolved) =>
      others
        .map((policy) => policy.assess(action, turn, resolved))
        .reduce(stricter, first.assess(action, turn, resolved)),
  };
}

function stricter(one: Verdict, other: Verdict): Verdict {
  const [mild, strict] = STRICTNESS[one.type] > STRICTNESS[other.type] ? [other, one] : [one, other];
  const because = [...one.because, ...other.because];
  if (strict.type === "forbid") return { ...strict, because };
  const inside = isInside(mild) || isInside(strict);
  if (strict.type === "ask") return { ...strict, because, then: inside ? "confined" : "direct" };
  return { ...strict, because, confined: inside };
}

function isInside(verdict: Verdict): boolean {
  if (verdict.type === "allow") return verdict.confined;
  return verdict.type === "ask" && verdict.then === "confined";
}
