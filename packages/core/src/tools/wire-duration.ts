import type { WireDuration } from "@codex/protocol";

export function wireDuration(ms: number): WireDuration {
  const secs = Math.floor(ms / 1000);
  return { secs, nanos: Math.round((ms - secs * 1000) * 1e6) };
}
