import type { ApprovalPolicy, Verdict } from "@codex/protocol";

/**
 * The three rules of the sandbox mode: without a sandbox everything is allowed as it is; with one, everything is
 * allowed inside; what asks to leave it is forbidden, since nobody is asked yet.
 */
export const modePolicy: ApprovalPolicy = {
  assess(action, turn): Verdict {
    const mode = turn.settings.sandbox_policy.type;
    if (mode === "danger-full-access") {
      return { type: "allow", confined: false, because: [{ layer: "mode", text: "the sandbox is switched off" }] };
    }
    if (action.type === "exec" && action.permissions !== "default") {
      return {
        type: "forbid",
        allow_with: "-s danger-full-access",
        because: [
          {
            layer: "mode",
            text: `sandbox_permissions asks to leave the ${mode} sandbox, and nobody can be asked; run it inside`,
          },
        ],
      };
    }
    return { type: "allow", confined: true, because: [{ layer: "mode", text: `runs inside the ${mode} sandbox` }] };
  },
};
