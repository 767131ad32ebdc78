import * as z from "zod/mini";

/** Schemas of usage.ts and errors.ts. */

export const tokenUsage = z.object({
  input_tokens: z.number(),
  cached_input_tokens: z.number(),
  cache_write_input_tokens: z.number(),
  output_tokens: z.number(),
  reasoning_output_tokens: z.number(),
  total_tokens: z.number(),
});

export const tokenUsageInfo = z.object({
  total_token_usage: tokenUsage,
  last_token_usage: tokenUsage,
  model_context_window: z.nullable(z.number()),
});

export const modelUse = z.object({
  model: z.string(),
  requests: z.number(),
  usage: tokenUsage,
  cost_usd: z.nullable(z.number()),
});

export const toolUse = z.object({
  tool: z.string(),
  calls: z.number(),
  failed: z.number(),
  output_bytes: z.number(),
  duration_ms: z.number(),
});

const rateLimitWindow = z.nullable(
  z.object({
    used_percent: z.number(),
    window_minutes: z.nullable(z.number()),
    resets_at: z.nullable(z.number()),
  }),
);

export const rateLimitSnapshot = z.object({
  limit_id: z.nullable(z.string()),
  limit_name: z.nullable(z.string()),
  primary: rateLimitWindow,
  secondary: rateLimitWindow,
  credits: z.nullable(z.object({ has_credits: z.boolean(), unlimited: z.boolean(), balance: z.nullable(z.string()) })),
  plan_type: z.nullable(z.string()),
});

const status = z.object({ http_status_code: z.nullable(z.number()) });

export const codexErrorInfo = z.union([
  z.enum([
    "context_window_exceeded",
    "usage_limit_exceeded",
    "server_overloaded",
    "internal_server_error",
    "unauthorized",
    "bad_request",
    "sandbox_error",
    "other",
    "thread_rollback_failed",
  ]),
  z.object({ http_connection_failed: status }),
  z.object({ response_stream_connection_failed: status }),
  z.object({ response_stream_disconnected: status }),
  z.object({ response_too_many_failed_attempts: status }),
  z.object({ active_turn_not_steerable: z.object({ turn_kind: z.enum(["review", "compact"]) }) }),
]);
