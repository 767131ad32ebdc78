import type { AskForApproval, SandboxPolicy, SessionConfigured } from "@codex/protocol";

/** The rows above a run, by keys that scripts look for (core.md §6.4). */
export function headerRows(session: SessionConfigured): readonly (readonly [key: string, value: string])[] {
  return [
    ["workdir", session.cwd],
    ["model", session.model],
    ["provider", session.model_provider_id],
    ["approval", approvalLabel(session.approval_policy)],
    ["sandbox", sandboxLabel(session.sandbox_policy)],
    ["reasoning effort", session.reasoning_effort ?? "none"],
    ["reasoning summaries", session.reasoning_summary ?? "none"],
    ["session id", session.session_id],
  ];
}

function approvalLabel(policy: AskForApproval): string {
  return typeof policy === "string" ? policy : "granular";
}

function sandboxLabel(policy: SandboxPolicy): string {
  switch (policy.type) {
    case "danger-full-access":
      return policy.type;
    case "read-only":
      return policy.type + networkLabel(policy.network_access === true ? "enabled" : "restricted");
    case "external-sandbox":
      return policy.type + networkLabel(policy.network_access);
    case "workspace-write":
      return `${policy.type} [${writableLabels(policy).join(", ")}]${networkLabel(policy.network_access ? "enabled" : "restricted")}`;
    default:
      return policy satisfies never;
  }
}

function writableLabels(policy: Extract<SandboxPolicy, { type: "workspace-write" }>): readonly string[] {
  return [
    "workdir",
    ...(policy.exclude_slash_tmp ? [] : ["/tmp"]),
    ...(policy.exclude_tmpdir_env_var ? [] : ["$TMPDIR"]),
    ...policy.writable_roots,
  ];
}

function networkLabel(network: "restricted" | "enabled"): string {
  return network === "enabled" ? " (network access enabled)" : "";
}
