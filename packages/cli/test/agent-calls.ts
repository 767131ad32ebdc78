import { ev } from "@codex/test-support";
import type { Reply } from "@codex/test-support";
import { AGENT_CALLS } from "./tool-calls.js";

/**
 * A model that makes one call of AGENT_CALLS after the other, and whose sub-agents find it. Who asks is seen by the
 * task, so it does not matter in which order requests arrive.
 */
export function answerAgents(): Reply {
  let next = 0;
  return {
    type: "decided",
    decide: ({ body }) => {
      const asked = JSON.stringify(body);
      if (/"text":"TASK/.test(asked)) return [ev.message("found it"), ev.completed()];
      const call = AGENT_CALLS[next];
      next += 1;
      if (call === undefined) return [ev.message("done"), ev.completed()];
      const [name, args] = call;
      const id = /agent_id\\":\\"([-0-9a-f]+)/.exec(asked)?.[1] ?? "nobody";
      return [ev.call(name, name, JSON.stringify(args).replace("AGENT", id)), ev.completed()];
    },
  };
}
