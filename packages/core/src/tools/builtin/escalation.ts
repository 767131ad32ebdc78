import * as z from "zod/mini";

/** Parameters that every shell tool shares (exec.md §3.5). */
export const escalationParameters = {
  sandbox_permissions: z.optional(
    z
      .enum(["use_default", "require_escalated"])
      .check(z.describe("Ask to run outside the sandbox. Only where approvals allow asking.")),
  ),
  justification: z.optional(
    z.string().check(z.describe("With require_escalated: one sentence for the user, as a question.")),
  ),
  prefix_rule: z.optional(
    z.array(z.string()).check(z.describe("With require_escalated: the command prefix to allow from now on.")),
  ),
};

export type Escalation = {
  readonly sandbox_permissions?: "use_default" | "require_escalated" | undefined;
  readonly justification?: string | undefined;
  readonly prefix_rule?: readonly string[] | undefined;
};

export function escalationOf(args: Escalation): {
  permissions: "default" | "escalated";
  justification?: string;
  prefix_rule?: readonly string[];
} {
  return {
    permissions: args.sandbox_permissions === "require_escalated" ? "escalated" : "default",
    ...(args.justification === undefined ? {} : { justification: args.justification }),
    ...(args.prefix_rule === undefined ? {} : { prefix_rule: args.prefix_rule }),
  };
}
