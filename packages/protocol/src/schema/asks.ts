import * as z from "zod/mini";
import { fileChange, parsedCommand } from "./items.js";
import { because, grant, networkPolicyAmendment, networkTarget } from "./policy.js";

/** Schemas of asks.ts. */

export const reviewDecision = z.union([
  z.enum(["approved", "approved_for_session", "denied", "timed_out", "abort"]),
  z.object({ denied: z.object({ rejection: z.string() }) }),
  z.object({
    approved_execpolicy_amendment: z.object({ proposed_execpolicy_amendment: z.array(z.string()) }),
  }),
  z.object({ network_policy_amendment: z.object({ network_policy_amendment: networkPolicyAmendment }) }),
]);

export const execApprovalRequest = {
  call_id: z.string(),
  approval_id: z.exactOptional(z.string()),
  turn_id: z.string(),
  command: z.array(z.string()),
  cwd: z.string(),
  reason: z.exactOptional(z.string()),
  network_approval_context: z.exactOptional(networkTarget),
  proposed_network_policy_amendments: z.exactOptional(z.array(networkPolicyAmendment)),
  proposed_execpolicy_amendment: z.exactOptional(z.array(z.string())),
  available_decisions: z.exactOptional(z.array(reviewDecision)),
  parsed_cmd: z.array(parsedCommand),
  grants: z.exactOptional(z.array(grant)),
  because: z.exactOptional(z.array(because)),
};

export const patchApprovalRequest = {
  call_id: z.string(),
  turn_id: z.string(),
  changes: z.record(z.string(), fileChange),
  reason: z.exactOptional(z.string()),
  grant_root: z.exactOptional(z.string()),
  because: z.exactOptional(z.array(because)),
};

export const userInputRequest = {
  call_id: z.string(),
  turn_id: z.string(),
  questions: z.array(
    z.object({
      id: z.string(),
      header: z.string(),
      question: z.string(),
      isOther: z.boolean(),
      isSecret: z.boolean(),
      options: z.array(z.object({ label: z.string(), description: z.string() })),
    }),
  ),
};

export const userInputResponse = z.object({
  answers: z.record(z.string(), z.object({ answers: z.array(z.string()) })),
});
