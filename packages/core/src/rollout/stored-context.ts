import { fieldsOf, isFields, listOf, oneOf, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { AskForApproval, SandboxPolicy } from "@codex/protocol";
import type { KnownContext } from "../prompt/known-context.js";

/** A `turn_context` line, whoever wrote it; `undefined`: it cannot be relied on (rollout-live.md §3.2). */
export function decodeContext(fields: Fields): KnownContext | undefined {
  const cwd = textOf(fields["cwd"]);
  const model = textOf(fields["model"]);
  const approval_policy = decodeApproval(fields["approval_policy"]);
  const sandbox_policy = decodeSandbox(fieldsOf(fields["sandbox_policy"]));
  if (cwd === undefined || model === undefined || approval_policy === undefined || sandbox_policy === undefined) {
    return undefined;
  }
  const current_date = textOf(fields["current_date"]);
  return { cwd, model, approval_policy, sandbox_policy, ...(current_date === undefined ? {} : { current_date }) };
}

const APPROVALS = ["untrusted", "on-failure", "on-request", "never"] as const;

function decodeApproval(value: unknown): AskForApproval | undefined {
  if (!isFields(value)) return oneOf(value, APPROVALS);
  const granular = fieldsOf(value["granular"]);
  const says = (name: string): boolean => granular[name] === true;
  return {
    granular: {
      sandbox_approval: says("sandbox_approval"),
      rules: says("rules"),
      mcp_elicitations: says("mcp_elicitations"),
      ...(granular["skill_approval"] === undefined ? {} : { skill_approval: says("skill_approval") }),
      ...(granular["request_permissions"] === undefined ? {} : { request_permissions: says("request_permissions") }),
    },
  };
}

/** 0.45 writes the tag as `mode`. */
function decodeSandbox(policy: Fields): SandboxPolicy | undefined {
  const type = policy["type"] ?? policy["mode"];
  const hasNetwork = policy["network_access"] === true;
  switch (type) {
    case "danger-full-access":
      return { type };
    case "read-only":
      return hasNetwork ? { type, network_access: true } : { type };
    case "external-sandbox":
      return { type, network_access: policy["network_access"] === "enabled" ? "enabled" : "restricted" };
    case "workspace-write":
      return {
        type,
        writable_roots: listOf(policy["writable_roots"]).filter((root) => typeof root === "string"),
        network_access: hasNetwork,
        exclude_tmpdir_env_var: policy["exclude_tmpdir_env_var"] === true,
        exclude_slash_tmp: policy["exclude_slash_tmp"] === true,
      };
    default:
      return undefined;
  }
}
