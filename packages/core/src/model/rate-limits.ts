import type { RateLimitSnapshot, RateLimitWindow } from "@codex/protocol";

type Header = (name: string) => string | null;

/** The limits that a response's headers tell (core.md §2.7); `undefined`: none. `limit` is an id like `codex`. */
export function rateLimitsOf(header: Header, limit = "codex"): RateLimitSnapshot | undefined {
  const primary = windowOf(header, `x-${limit}-primary`);
  const secondary = windowOf(header, `x-${limit}-secondary`);
  const credits = creditsOf(header);
  if (primary === null && secondary === null && credits === null) return undefined;
  return {
    limit_id: limit.replaceAll("-", "_"),
    limit_name: header(`x-${limit}-limit-name`),
    primary,
    secondary,
    credits,
    plan_type: null,
  };
}

/** A window without percent, or with nothing but a zero, is none. */
function windowOf(header: Header, prefix: string): RateLimitWindow | null {
  const used_percent = numberIn(header(`${prefix}-used-percent`));
  const window_minutes = numberIn(header(`${prefix}-window-minutes`));
  const resets_at = numberIn(header(`${prefix}-reset-at`));
  if (used_percent === null) return null;
  if (used_percent === 0 && window_minutes === null && resets_at === null) return null;
  return { used_percent, window_minutes, resets_at };
}

function creditsOf(header: Header): RateLimitSnapshot["credits"] {
  const has_credits = header("x-codex-credits-has-credits");
  const unlimited = header("x-codex-credits-unlimited");
  if (has_credits === null || unlimited === null) return null;
  return {
    has_credits: isTrue(has_credits),
    unlimited: isTrue(unlimited),
    balance: header("x-codex-credits-balance"),
  };
}

function isTrue(text: string): boolean {
  return /^(true|1)$/i.test(text.trim());
}

function numberIn(text: string | null): number | null {
  if (text === null || text.trim() === "") return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}
