import * as z from "zod/mini";

/** Schemas of policy.ts, settings.ts, model.ts and action.ts, as far as they cross the wire. */

export const sandboxPolicy = z.discriminatedUnion("type", [
  z.object({ type: z.literal("danger-full-access") }),
  z.object({ type: z.literal("read-only"), network_access: z.exactOptional(z.boolean()) }),
  z.object({ type: z.literal("external-sandbox"), network_access: z.enum(["restricted", "enabled"]) }),
  z.object({
    type: z.literal("workspace-write"),
    writable_roots: z.array(z.string()),
    network_access: z.boolean(),
    exclude_tmpdir_env_var: z.boolean(),
    exclude_slash_tmp: z.boolean(),
  }),
]);

export const askForApproval = z.union([
  z.enum(["untrusted", "on-failure", "on-request", "never"]),
  z.object({
    granular: z.object({
      sandbox_approval: z.boolean(),
      rules: z.boolean(),
      skill_approval: z.exactOptional(z.boolean()),
      request_permissions: z.exactOptional(z.boolean()),
      mcp_elicitations: z.boolean(),
    }),
  }),
]);

export const reasoningEffort = z.string();
export const reasoningSummary = z.enum(["auto", "concise", "detailed", "none"]);

export const turnOverrides = {
  cwd: z.exactOptional(z.string()),
  model: z.exactOptional(z.string()),
  approval_policy: z.exactOptional(askForApproval),
  sandbox_policy: z.exactOptional(sandboxPolicy),
  effort: z.exactOptional(z.nullable(reasoningEffort)),
  summary: z.exactOptional(reasoningSummary),
  service_tier: z.exactOptional(z.nullable(z.string())),
};

const layer = z.enum(["mode", "rules", "safety", "sandbox", "filesystem", "network", "hook", "user", "trust"]);

export const because = z.object({
  layer,
  text: z.string(),
  file: z.exactOptional(z.string()),
  line: z.exactOptional(z.number()),
  matched: z.exactOptional(z.array(z.string())),
});

export const grant = z.object({
  width: z.enum(["exact", "subcommand", "prefix"]),
  pattern: z.array(z.string()),
  would_have_matched: z.number(),
});

export const networkTarget = z.object({ host: z.string(), protocol: z.string() });
export const networkPolicyAmendment = z.object({ host: z.string(), action: z.enum(["allow", "deny"]) });

export const denial = z.object({
  layer,
  target: z.exactOptional(z.string()),
  rule: z.exactOptional(because),
  allow_with: z.exactOptional(z.string()),
  certain: z.boolean(),
});
