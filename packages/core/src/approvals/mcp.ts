import type { Action, Because, Verdict } from "@codex/protocol";
import { isConfined } from "@codex/protocol";
import type { Mode } from "./asking.js";
import { homePlace, silence } from "./asking.js";

export type McpAction = Extract<Action, { readonly type: "mcp_call" }>;

/**
 * A tool of a server is asked about unless it says of itself that it only reads, or that it destroys nothing and
 * stays in its own world (core.md §4.3). Servers run outside the sandbox, so silence means no.
 */
export function assessMcpCall(action: McpAction, mode: Mode): Verdict {
  const name = `${action.server}/${action.tool}`;
  const { read_only, destructive, open_world } = action.hints;
  const place = { confined: homePlace(mode.sandbox_policy) === "confined" };
  const isMild = read_only === true || (destructive === false && open_world === false);
  if (isMild && destructive !== true) {
    return { type: "allow", ...place, because: [{ layer: "safety", text: `${name} says that it changes nothing` }] };
  }
  const because: Because = { layer: "safety", text: `${name} does not say that it changes nothing` };
  const muted = silence(mode.approval_policy, "mcp_elicitations");
  if (muted === undefined) return { type: "ask", then: "direct", grants: [], because: [because] };
  if (!isConfined(mode.sandbox_policy)) return { type: "allow", ...place, because: [because] };
  return { type: "forbid", because: [because, muted] };
}
