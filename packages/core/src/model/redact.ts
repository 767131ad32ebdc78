/**
 * Shapes of credentials that must not reach a message or a recording even when we never knew the value. Narrow on
 * purpose: what is redacted in a recording is not what the model said.
 */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, "[redacted]"],
  [/\bBearer\s+[A-Za-z0-9._~+/=-]{16,}/g, "Bearer [redacted]"],
  [/\b(?:sk|pk|rk|sess)-(?=[A-Za-z_*-]*[0-9*])[A-Za-z0-9*_-]{12,}/g, "[redacted]"],
  [/\b(?:gh[pousr]|github_pat|glpat|npm|xox[abprs])[_-][A-Za-z0-9_-]{20,}/g, "[redacted]"],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, "[redacted]"],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, "[redacted]"],
  [/(:\/\/)[^\s/:@]+:[^\s/@]+@/g, "$1[redacted]@"],
];

/** Replaces the known secrets and everything shaped like one. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= 4) clean = clean.replaceAll(secret, "[redacted]");
  }
  for (const [shape, substitute] of SHAPES) clean = clean.replace(shape, substitute);
  return clean;
}
