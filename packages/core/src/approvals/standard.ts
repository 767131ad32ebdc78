import type { Policy } from "@codex/execpolicy";
import type { ApprovalPolicy } from "@codex/protocol";
import type { CommandFacts } from "./exec.js";
import { assessExec } from "./exec.js";
import { assessMcpCall } from "./mcp.js";
import { assessNetwork } from "./network.js";
import { assessPatch } from "./patch.js";

export type ApprovalParts = {
  /** The rules as they stand at this moment. */
  rules(): Policy;
  /** Commands run before in this session. */
  earlier(): CommandFacts["earlier"];
  readonly repository: CommandFacts["repository"];
};

/** The approvals of a session: rules, built-in caution and the mode, for every kind of action. */
export function createApprovals(parts: ApprovalParts): ApprovalPolicy {
  return {
    assess(action, { settings }, resolved) {
      switch (action.type) {
        case "exec":
          return assessExec(action, settings, {
            rules: parts.rules(),
            earlier: parts.earlier(),
            repository: parts.repository,
          });
        case "patch":
          return assessPatch(action, settings, resolved);
        case "mcp_call":
          return assessMcpCall(action, settings);
        case "network":
          return assessNetwork(action, settings, parts.rules().rules.networks);
        default:
          return action satisfies never;
      }
    },
  };
}
