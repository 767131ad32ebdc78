/** Set by tsup.config.ts; absent when run from source. */
declare const CODEX_VERSION: string | undefined;

export const VERSION = typeof CODEX_VERSION === "string" ? CODEX_VERSION : "0.0.0";
