import { CodexError } from "@codex/common";
import type { HookAnswer, HookPoint, ResponseItem, TurnContext } from "@codex/protocol";
import type { TurnPowers } from "../turn/powers.js";

/** How often the end of a turn may be put off. */
const STOP_LIMIT = 5;

/** The hooks of one turn, with what their answers mean for it. */
export interface TurnHooks {
  /** Throws `bad_request` when the session may not start. */
  startSession(): Promise<void>;
  /** Throws `bad_request` when the prompt that begins the turn is refused. */
  takePrompt(text: string): Promise<void>;
  /** False: what was said during the turn is left out, and the person is told why. */
  takeMore(text: string): Promise<boolean>;
  /** True: the model goes on with what the hook said. */
  putOff(last_message: string | undefined): Promise<boolean>;
}

export function createTurnHooks(turn: TurnContext, powers: TurnPowers): TurnHooks {
  const { hooks } = powers.deps;
  let stops = 0;
  const ask = async (point: HookPoint): Promise<HookAnswer> => {
    const answer = await hooks.on(point, turn);
    if (answer.type === "continue" && answer.context !== undefined) powers.record(hookMessage(answer.context));
    return answer;
  };
  const demand = async (point: HookPoint, what: string): Promise<void> => {
    const answer = await ask(point);
    if (answer.type === "deny") throw new CodexError("bad_request", `a hook refused ${what}: ${answer.reason}`);
  };
  return {
    startSession: () => demand({ type: "session_start" }, "the session"),
    takePrompt: (text) => demand({ type: "prompt", text }, "the prompt"),
    async takeMore(text) {
      const answer = await ask({ type: "prompt", text });
      if (answer.type === "continue") return true;
      const message = `a hook refused what was said during the turn: ${answer.reason}`;
      turn.session.emit({ type: "warning", message }, turn.id);
      return false;
    },
    async putOff(last_message) {
      if (stops >= STOP_LIMIT) return false;
      const answer = await hooks.on({ type: "stop", last_message, again: stops > 0 }, turn);
      if (answer.type === "continue") return false;
      stops += 1;
      powers.record(hookMessage(answer.reason));
      return true;
    },
  };
}

function hookMessage(text: string): ResponseItem {
  const words = `<hook_context>\n${text}\n</hook_context>`;
  return { type: "message", role: "developer", content: [{ type: "input_text", text: words }] };
}
