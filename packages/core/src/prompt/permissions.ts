import type { AskForApproval, SandboxPolicy, TurnSettings } from "@codex/protocol";

/** Tells the model what it may touch and whom it may ask (core.md §3.2, first fragment). */
export function permissionsInstructions(settings: TurnSettings): string {
  const lines = [sandboxText(settings.sandbox_policy), networkText(settings.sandbox_policy)];
  lines.push(approvalText(settings.approval_policy));
  return `<permissions instructions>\n${lines.filter((line) => line !== "").join("\n")}\n</permissions instructions>`;
}

function sandboxText(policy: SandboxPolicy): string {
  switch (policy.type) {
    case "read-only":
      return "Sandbox: read-only. Commands may read any file; every write fails. Do not try to work around it.";
    case "workspace-write": {
      const temporary = policy.exclude_slash_tmp && policy.exclude_tmpdir_env_var ? [] : ["the temporary directories"];
      const roots = [...policy.writable_roots.map((root) => `\`${root}\``), ...temporary];
      const more = roots.length === 0 ? "" : ` and these: ${roots.join(", ")}`;
      return (
        `Sandbox: workspace-write. Commands may read any file and write below the working directory${more}. ` +
        `Writes elsewhere fail, and so do writes to .git, .codex and .agents inside those directories; a commit ` +
        `therefore has to be left to the user.`
      );
    }
    case "external-sandbox":
      return "Sandbox: provided from outside. Commands run as they are; the surroundings decide what they may touch.";
    case "danger-full-access":
      return "Sandbox: none. Commands run with all rights of the user, so weigh every destructive step twice.";
    default:
      return policy satisfies never;
  }
}

function networkText(policy: SandboxPolicy): string {
  switch (policy.type) {
    case "read-only":
    case "workspace-write":
      return policy.network_access === true
        ? "Network: enabled."
        : "Network: off. Only programs within one command can reach each other over loopback.";
    case "external-sandbox":
      return policy.network_access === "enabled" ? "Network: enabled." : "Network: restricted.";
    case "danger-full-access":
      return "Network: enabled.";
    default:
      return policy satisfies never;
  }
}

function approvalText(policy: AskForApproval): string {
  if (typeof policy !== "string") return "Approvals: the user is asked for some kinds of steps.";
  switch (policy) {
    case "never":
      return (
        "Approvals: nobody can be asked. Work within the sandbox, do not request escalated permissions, and when " +
        "something is out of reach, say so in the final message."
      );
    case "untrusted":
      return "Approvals: anything but well-known read-only commands is shown to the user first.";
    case "on-request":
    case "on-failure":
      return (
        'Approvals: to run a command outside the sandbox, call it with sandbox_permissions "require_escalated" and a ' +
        "one-sentence justification; the user decides."
      );
    default:
      return policy satisfies never;
  }
}
