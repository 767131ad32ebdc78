import type {
  Action,
  ApprovalPolicy,
  Attempt,
  Because,
  CallId,
  Consent,
  Consents,
  Consultation,
  Environment,
  Guard,
  TurnContext,
  Verdict,
} from "@codex/protocol";
import { Gate } from "@codex/common";
import type { ConsultParts } from "../approvals/consult.js";
import { consult } from "../approvals/consult.js";
import type { TurnAborted } from "../turn/aborted.js";
import type { Place, Places } from "./places.js";
import { createPlaces } from "./places.js";

export type GuardParts = {
  readonly turn: TurnContext;
  readonly approvals: ApprovalPolicy;
  readonly consents: Consents;
  readonly announceRule: (text: string) => void;
  /** It has been allowed and is about to run there. */
  readonly beforeChange?: (action: Action, place: Place) => Promise<void>;
  /** Ends the whole turn: the person's answer `abort`. */
  readonly abortTurn: (reason: TurnAborted) => void;
};

type Permit =
  | { readonly type: "go"; readonly place: Place; readonly by: Consent; readonly retry: Retry | undefined }
  | { readonly type: "no"; readonly because: readonly Because[]; readonly allow_with?: string };

type Retry = Consultation | "consented";
type Allowed = Extract<Verdict, { readonly type: "allow" }>;
type Asked = Extract<Verdict, { readonly type: "ask" }>;

/**
 * The whole approval and sandbox story of a turn: assess, maybe ask, attempt in the sandbox, and with consent once
 * more outside (exec.md §3.6, §3.7). Nothing else may skip `confine`, and only a verdict that says so does.
 */
export function createGuards(parts: GuardParts): { forCall(call_id: CallId): Guard } {
  const { turn, consents } = parts;
  const places = createPlaces(turn);
  const permits = createPermits(parts, places);

  async function run<T>(
    action: Action,
    attempt: (where: Environment, by: Consent) => Promise<Attempt<T>>,
    call: ConsultParts,
  ): Promise<Attempt<T>> {
    const permit = await permits.request(action, call);
    if (permit.type === "no") return { ...permit, type: "refused" };
    const { place, by, retry } = permit;
    consents.note(action);
    await parts.beforeChange?.(action, place);
    const first = await attempt(await places.at(place), by);
    if (first.type !== "denied" || retry === undefined || turn.signal.aborted) return first;
    if (!(await permits.mayLeave(retry, action, call))) return first;
    await parts.beforeChange?.(action, "direct");
    return attempt(await places.at("direct"), "person");
  }

  return {
    forCall: (call_id) => {
      const call = { ...parts, call_id };
      return {
        files: async () => (await places.home()).files,
        run: (action, attempt) => run(action, attempt, call),
      };
    },
  };
}

type Permits = {
  request(action: Action, call: ConsultParts): Promise<Permit>;
  /** May what the sandbox refused be tried outside? */
  mayLeave(retry: Retry, action: Action, call: ConsultParts): Promise<boolean>;
};

function createPermits({ turn, approvals, consents }: GuardParts, places: Places): Permits {
  /** One question at a time, since its answer may spare the next. */
  const questions = new Gate();

  /** A question only where no earlier answer covers it. */
  async function judge(action: Action): Promise<Permit | Asked> {
    const verdict = approvals.assess(action, turn, await places.resolved());
    switch (verdict.type) {
      case "allow":
        return go(verdict, "policy");
      case "ask":
        return consents.cover(action) ? go(verdict, "policy") : verdict;
      case "forbid": {
        const { because, allow_with } = verdict;
        return { type: "no", because, ...(allow_with === undefined ? {} : { allow_with }) };
      }
      default:
        return verdict satisfies never;
    }
  }

  async function put(action: Action, call: ConsultParts): Promise<Permit> {
    const verdict = await judge(action);
    if (verdict.type !== "ask") return verdict;
    const denied = await consult(action, { because: verdict.because, offer: verdict }, call);
    return denied === undefined ? go(verdict, "person") : { type: "no", because: [...verdict.because, denied] };
  }

  return {
    async request(action, call) {
      const known = await judge(action);
      return known.type === "ask" ? questions.run("write", () => put(action, call), turn.signal) : known;
    },
    async mayLeave(retry, action, call) {
      if ((await places.resolved()).denied.length > 0) return false;
      if (retry === "consented" || consents.cover(action)) return true;
      const because: Because = { layer: "sandbox", text: "the sandbox refused it" };
      const ask = () => consult(action, { because: [because], offer: retry }, call);
      return (await questions.run("write", ask, turn.signal)) === undefined;
    },
  };
}

function go(verdict: Allowed | Asked, by: Consent): Permit {
  const place = verdict.type === "ask" ? verdict.then : verdict.confined ? "confined" : "direct";
  return { type: "go", place, by, retry: place === "confined" ? verdict.retry : undefined };
}
