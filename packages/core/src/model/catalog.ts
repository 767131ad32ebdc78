import type { ModelInfo, ReasoningEffort, Verbosity } from "@codex/protocol";

/**
 * Used when nobody names a model. Of the newest release's models the one that takes plain requests: the others want
 * the lite form with code mode (live.md §0, 2.11).
 */
export const DEFAULT_MODEL = "gpt-5.5";

type Row = {
  readonly slug: string;
  readonly context_window: number;
  readonly truncation?: ModelInfo["truncation"];
  readonly effort?: ReasoningEffort;
  readonly verbosity?: Verbosity;
  readonly reasons?: boolean;
  readonly apply_patch?: ModelInfo["apply_patch"];
  readonly images?: boolean;
};

const TOKENS = { mode: "tokens", limit: 10_000 } as const;
const BYTES = { mode: "bytes", limit: 10_000 } as const;

/**
 * Known models (core.md §2.11; live.md §0, 2.11). The longest slug that starts the asked name wins, so one row
 * serves a family and its dated snapshots.
 */
const ROWS: readonly Row[] = [
  { slug: "gpt-6", context_window: 272_000, effort: "medium", verbosity: "low" },
  { slug: "gpt-5.6-sol", context_window: 272_000, effort: "low", verbosity: "low" },
  { slug: "gpt-5.6", context_window: 272_000, effort: "medium", verbosity: "low" },
  { slug: "gpt-5.5", context_window: 272_000, effort: "medium", verbosity: "low" },
  { slug: "gpt-5.4", context_window: 272_000, effort: "medium", verbosity: "low" },
  { slug: "gpt-5.4-mini", context_window: 272_000, effort: "medium", verbosity: "medium" },
  { slug: "gpt-5.3-codex", context_window: 272_000, effort: "medium", verbosity: "low" },
  { slug: "gpt-5.2", context_window: 272_000, truncation: BYTES, effort: "medium", verbosity: "low" },
  { slug: "gpt-5.2-codex", context_window: 272_000, effort: "medium" },
  { slug: "gpt-5.1", context_window: 272_000, truncation: BYTES, effort: "medium", verbosity: "low" },
  { slug: "gpt-5.1-codex", context_window: 272_000, effort: "medium" },
  { slug: "gpt-5", context_window: 272_000, truncation: BYTES, effort: "medium", verbosity: "medium" },
  { slug: "gpt-5-codex", context_window: 272_000, effort: "medium" },
  { slug: "codex-auto-review", context_window: 272_000, effort: "medium", verbosity: "low" },
  { slug: "codex-mini", context_window: 200_000, truncation: BYTES, effort: "medium" },
  { slug: "codex-", context_window: 272_000, effort: "medium" },
  { slug: "o3", context_window: 200_000, truncation: BYTES, effort: "medium", apply_patch: "function" },
  { slug: "o4-mini", context_window: 200_000, truncation: BYTES, effort: "medium", apply_patch: "function" },
  { slug: "gpt-4.1", context_window: 1_047_576, truncation: BYTES, reasons: false, apply_patch: "function" },
  { slug: "gpt-4o", context_window: 128_000, truncation: BYTES, reasons: false, apply_patch: "function" },
  { slug: "gpt-oss", context_window: 131_072, truncation: BYTES, apply_patch: "function", images: false },
];

/**
 * What is known about a model: by longest prefix, then once more without its `namespace/`, else cautious values.
 * `remote`: what the server says of its models, which wins where it knows one as closely.
 */
export function modelInfo(slug: string, remote: readonly ModelInfo[] = []): ModelInfo {
  return known(slug, slug, remote) ?? known(slug, slug.slice(slug.indexOf("/") + 1), remote) ?? unknownModel(slug);
}

function known(slug: string, name: string, remote: readonly ModelInfo[]): ModelInfo | undefined {
  const row = longestPrefix(name, ROWS);
  const told = longestPrefix(name, remote);
  if (told !== undefined && told.slug.length >= (row?.slug.length ?? 0)) return { ...told, slug };
  return row === undefined ? undefined : infoOf(slug, row);
}

function infoOf(slug: string, row: Row): ModelInfo {
  const { context_window, truncation = TOKENS, effort, verbosity, reasons = true } = row;
  return {
    slug,
    known: true,
    context_window,
    truncation,
    parallel_tool_calls: true,
    reasoning: { summaries: reasons, ...(effort === undefined ? {} : { default_effort: effort }) },
    ...(verbosity === undefined ? {} : { default_verbosity: verbosity }),
    apply_patch: row.apply_patch ?? "freeform",
    images: row.images ?? true,
  };
}

function longestPrefix<T extends { readonly slug: string }>(name: string, rows: readonly T[]): T | undefined {
  return rows
    .filter((row) => name.startsWith(row.slug))
    .reduce<T | undefined>((best, row) => (row.slug.length > (best?.slug.length ?? 0) ? row : best), undefined);
}

/** The bundled models that a person may choose. */
export function catalogModels(): readonly ModelInfo[] {
  return ROWS.filter((row) => !row.slug.endsWith("-") && row.slug !== "codex-auto-review").map((row) =>
    infoOf(row.slug, row),
  );
}

function unknownModel(slug: string): ModelInfo {
  return {
    slug,
    known: false,
    context_window: 272_000,
    truncation: BYTES,
    parallel_tool_calls: true,
    reasoning: { summaries: false },
    apply_patch: "function",
    images: true,
  };
}
