import type { AskForApproval, Because, SandboxPolicy, TurnSettings } from "@codex/protocol";

/** What decides about questions: whom one may ask, and what holds anyway. */
export type Mode = Pick<TurnSettings, "approval_policy" | "sandbox_policy">;

/** What a question is about: a rule that wants it, leaving the sandbox and built-in caution, or a foreign tool. */
export type Topic = "rules" | "sandbox_approval" | "mcp_elicitations";

/** The approval policy's name as configuration files write it. */
export function nameOf(policy: AskForApproval): string {
  return typeof policy === "string" ? policy : "granular";
}

/** `on-failure` is read as `on-request` (exec.md §3.4). */
export function isOnRequest(policy: AskForApproval): boolean {
  return policy === "on-request" || policy === "on-failure";
}

/** Why nobody may be asked about this; `undefined`: somebody may (exec.md §2.6). */
export function silence(policy: AskForApproval, topic: Topic): Because | undefined {
  if (policy === "never") {
    return { layer: "mode", text: "approval required by policy, but AskForApproval is set to Never" };
  }
  if (typeof policy === "string" || policy.granular[topic]) return undefined;
  const subject = topic === "rules" ? "policy rule" : "policy";
  return {
    layer: "mode",
    text: `approval required by ${subject}, but AskForApproval::Granular.${topic} is false`,
  };
}

/** Where things run when nobody says otherwise. Only without a sandbox is that outside. */
export function homePlace(policy: SandboxPolicy): "confined" | "direct" {
  return policy.type === "danger-full-access" ? "direct" : "confined";
}

/** What the mode itself does with something that may run. */
export function placeText(place: "confined" | "direct", policy: SandboxPolicy): Because {
  if (policy.type === "danger-full-access") return { layer: "mode", text: "the sandbox is switched off" };
  const text =
    place === "confined" ? `runs inside the ${policy.type} sandbox` : `runs outside the ${policy.type} sandbox`;
  return { layer: "mode", text };
}
