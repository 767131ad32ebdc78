import type {
  Action,
  ApprovalPolicy,
  Attempt,
  Because,
  CallId,
  Environment,
  Guard,
  ReviewDecision,
  TurnContext,
  Verdict,
} from "@codex/protocol";
import { TurnAborted } from "../turn/aborted.js";

export type GuardOptions = {
  readonly turn: TurnContext;
  readonly call_id: CallId;
  readonly approvals: ApprovalPolicy;
  /** Ends the whole turn: the human's answer `abort`. */
  readonly abortTurn: (reason: TurnAborted) => void;
  readonly signal: AbortSignal;
};

/**
 * The whole approval and sandbox story of one call: assess, maybe ask, then attempt in the confined environment.
 * Nothing else may skip `confine`, and only a verdict that says so does.
 */
export function createGuard(options: GuardOptions): Guard {
  const { turn, approvals } = options;
  let confined: Promise<Environment> | undefined;

  function environmentFor(place: "confined" | "direct"): Promise<Environment> {
    if (place === "direct") return Promise.resolve(turn.environment);
    confined ??= turn.environment
      .resolve(turn.settings.sandbox_policy, turn.settings.cwd)
      .then((resolved) => turn.environment.confine(resolved));
    return confined;
  }

  return {
    files: async () => (await environmentFor(baselineOf(turn))).files,
    run: async <T>(action: Action, attempt: (where: Environment) => Promise<Attempt<T>>): Promise<Attempt<T>> => {
      const verdict = approvals.assess(action, turn);
      switch (verdict.type) {
        case "forbid":
          return { type: "refused", because: verdict.because };
        case "ask": {
          const refusal = refusalOf(await askHuman(action, verdict, options), options);
          if (refusal !== undefined) return { type: "refused", because: [...verdict.because, refusal] };
          return attempt(await environmentFor(verdict.then));
        }
        case "allow":
          return attempt(await environmentFor(verdict.confined ? "confined" : "direct"));
        default:
          return verdict satisfies never;
      }
    },
  };
}

function baselineOf(turn: TurnContext): "confined" | "direct" {
  return turn.settings.sandbox_policy.type === "danger-full-access" ? "direct" : "confined";
}

async function askHuman(action: Action, verdict: Verdict, options: GuardOptions): Promise<ReviewDecision> {
  const { turn, call_id, signal } = options;
  const reason = verdict.because.map((because) => because.text).join("; ");
  const scope = { call_id, turn_id: turn.id, reason };
  switch (action.type) {
    case "exec": {
      const label = { type: "unknown", cmd: action.script ?? action.argv.join(" ") } as const;
      const question = { ...scope, command: action.argv, cwd: action.cwd, parsed_cmd: [label] };
      return turn.session.ask("exec_approval", question, signal);
    }
    case "patch":
      return turn.session.ask("patch_approval", { ...scope, changes: action.changes }, signal);
    case "mcp_call":
    case "network":
      return "denied";
    default:
      return action satisfies never;
  }
}

/** Why a human's answer means no; `undefined` when it means yes. */
function refusalOf(decision: ReviewDecision, options: GuardOptions): Because | undefined {
  if (decision === "abort") options.abortTurn(new TurnAborted("interrupted"));
  const no = typeof decision === "string" ? NO[decision] : undefined;
  return no === undefined ? undefined : { layer: "user", text: no };
}

const NO: Readonly<Record<Extract<ReviewDecision, string>, string | undefined>> = {
  approved: undefined,
  approved_for_session: undefined,
  denied: "the user said no",
  timed_out: "nobody answered in time",
  abort: "the user stopped the turn",
};
