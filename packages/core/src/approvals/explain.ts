import type { CommandAssessment } from "@codex/execpolicy";
import { canonicalCommand, readCommand } from "@codex/execpolicy";
import type { Because, Grant, ResolvedPolicy, Verdict } from "@codex/protocol";
import type { Mode } from "./asking.js";
import { nameOf } from "./asking.js";
import type { CommandFacts, ExecAction } from "./exec.js";
import { assessmentOf, verdictOn } from "./exec.js";

/** The whole chain for one command, as data. */
export type Explanation = {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly reading: {
    readonly type: "direct" | "plain" | "unknown";
    /** Completes "the script …"; of an unknown one. */
    readonly reason?: string;
    /** What would run, as far as that is certain. */
    readonly commands: readonly (readonly string[])[];
    /** Equal for commands that are the same however they are wrapped. */
    readonly key: readonly string[];
  };
  /** In the order in which they are asked. */
  readonly layers: readonly LayerVerdict[];
  /** `runs`: without a question. */
  readonly outcome: "runs" | "asks" | "refuses";
  /** Where it would run, after the question if there is one. */
  readonly place?: "inside" | "outside";
  /** What follows when the sandbox refuses something while it runs inside. */
  readonly after_denial?: "reports" | "asks" | "runs outside";
  readonly question?: {
    readonly reason?: string;
    readonly amendment?: readonly string[];
    readonly grants: readonly Grant[];
  };
  /** What the sandbox would enforce; absent: it would run outside, or not at all. */
  readonly sandbox?: Pick<ResolvedPolicy, "writable" | "denied" | "secrets" | "network"> & { readonly mode: string };
  /** The smallest change that would let it run without a question. */
  readonly allow_with?: string;
};

export type LayerVerdict = {
  readonly layer: "rules" | "safety" | "mode";
  readonly says: "allow" | "ask" | "forbid" | "nothing";
  readonly because: readonly Because[];
};

export type ExplainFacts = CommandFacts & {
  readonly rule_files: readonly string[];
  readonly resolved: ResolvedPolicy;
  /** Where the approval policy was set. */
  readonly mode_origin: Pick<Because, "file" | "line">;
};

/** What would happen to a command under this mode; made by the same functions that decide when it really runs. */
export function explainCommand(action: ExecAction, mode: Mode, facts: ExplainFacts): Explanation {
  const assessment = assessmentOf(action, facts);
  const verdict = verdictOn(assessment, action, mode);
  const place = placeOf(verdict, facts.resolved);
  const rules = rulesLayer(assessment, facts);
  const safety = safetyLayer(assessment);
  const allow_with = remedyOf(verdict, assessment, mode);
  return {
    argv: action.argv,
    cwd: action.cwd,
    reading: readingOf(action.argv),
    layers: [rules, safety, modeLayer(verdict, { rules, safety, mode, origin: facts.mode_origin })],
    outcome: ({ allow: "runs", ask: "asks", forbid: "refuses" } as const)[verdict.type],
    ...(place === undefined ? {} : { place }),
    ...(place === "inside" ? { after_denial: afterDenial(verdict), sandbox: sandboxOf(mode, facts.resolved) } : {}),
    ...(verdict.type === "ask" ? { question: questionOf(verdict) } : {}),
    ...(allow_with === undefined ? {} : { allow_with }),
  };
}

function readingOf(argv: readonly string[]): Explanation["reading"] {
  const reading = readCommand(argv);
  const key = canonicalCommand(argv);
  if (reading.type === "unknown") return { type: "unknown", reason: reading.reason, commands: [], key };
  return { type: reading.type, commands: reading.commands.map((command) => command.argv), key };
}

/** Nothing leaves a sandbox that hides files from reading (exec.md §3.7). */
function placeOf(verdict: Verdict, resolved: ResolvedPolicy): Explanation["place"] {
  if (verdict.type === "forbid") return undefined;
  const is_direct = verdict.type === "allow" ? !verdict.confined : verdict.then === "direct";
  return is_direct && resolved.denied.length === 0 ? "outside" : "inside";
}

function afterDenial(verdict: Verdict): NonNullable<Explanation["after_denial"]> {
  if (verdict.type === "forbid" || verdict.retry === undefined) return "reports";
  return verdict.retry === "consented" ? "runs outside" : "asks";
}

function sandboxOf(mode: Mode, resolved: ResolvedPolicy): NonNullable<Explanation["sandbox"]> {
  const { writable, denied, secrets, network } = resolved;
  const hidden = secrets === undefined ? {} : { secrets };
  return { mode: mode.sandbox_policy.type, writable, denied, ...hidden, network };
}

function questionOf({
  reason,
  amendment,
  grants,
}: Extract<Verdict, { type: "ask" }>): NonNullable<Explanation["question"]> {
  return {
    grants,
    ...(reason === undefined ? {} : { reason }),
    ...(amendment === undefined ? {} : { amendment }),
  };
}

function rulesLayer(assessment: CommandAssessment, { rule_files }: ExplainFacts): LayerVerdict {
  const because = assessment.because.filter((reason) => reason.layer === "rules");
  const decisions = assessment.segments.flatMap(({ by, decision }) => (by === "rule" ? [decision] : []));
  if (decisions.includes("forbidden")) return { layer: "rules", says: "forbid", because };
  if (decisions.includes("prompt")) return { layer: "rules", says: "ask", because };
  if (assessment.covered) return { layer: "rules", says: "allow", because };
  const files = rule_files.length === 0 ? "there are no rules files" : `read: ${rule_files.join(", ")}`;
  const text = because.length === 0 ? `no rule speaks of it; ${files}` : "rules do not allow the whole of it";
  return { layer: "rules", says: "nothing", because: [...because, { layer: "rules", text }] };
}

function safetyLayer(assessment: CommandAssessment): LayerVerdict {
  const because = assessment.because.filter((reason) => reason.layer === "safety");
  const kinds = assessment.segments.map(({ by }) => by);
  if (kinds.includes("danger")) return { layer: "safety", says: "ask", because };
  return { layer: "safety", says: kinds.every((kind) => kind === "known_safe") ? "allow" : "nothing", because };
}

type ModeView = {
  readonly rules: LayerVerdict;
  readonly safety: LayerVerdict;
  readonly mode: Mode;
  readonly origin: ExplainFacts["mode_origin"];
};

/** The mode says nothing of its own where a stricter layer has spoken before it. */
function modeLayer(verdict: Verdict, { rules, safety, mode, origin }: ModeView): LayerVerdict {
  const own = verdict.because.filter((reason) => reason.layer === "mode");
  const is_decided = own.length === 0 && [rules.says, safety.says].includes(verdict.type);
  const name: Because = { layer: "mode", text: `approval policy ${nameOf(mode.approval_policy)}`, ...origin };
  return { layer: "mode", says: is_decided ? "nothing" : verdict.type, because: [name, ...own] };
}

function remedyOf(verdict: Verdict, assessment: CommandAssessment, mode: Mode): string | undefined {
  if (verdict.type === "allow") return undefined;
  if (assessment.allow_with !== undefined) return assessment.allow_with;
  return mode.approval_policy === "never" ? "-c approval_policy=on-request" : undefined;
}
