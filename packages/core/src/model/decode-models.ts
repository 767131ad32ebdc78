import { fieldsOf, listOf, numberOf, oneOf, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { ModelInfo, Verbosity } from "@codex/protocol";

const VERBOSITIES = ["low", "medium", "high"] as const satisfies readonly Verbosity[];

/**
 * One model of a provider's list. `undefined`: not usable by us, because it is hidden, or wants the lite form of
 * requests (live.md §0, 2.11).
 */
export function decodeRemoteModel(value: unknown): ModelInfo | undefined {
  const fields = fieldsOf(value);
  const slug = textOf(fields["slug"]);
  if (slug === undefined || slug === "" || fields["use_responses_lite"] === true) return undefined;
  if (fields["visibility"] === "hide" || fields["visibility"] === "none") return undefined;
  const context_window = numberOf(fields["context_window"]);
  const verbosity = fields["support_verbosity"] === true ? verbosityOf(fields) : undefined;
  return {
    slug,
    known: true,
    ...(context_window === undefined ? {} : { context_window }),
    truncation: truncationOf(fieldsOf(fields["truncation_policy"])),
    parallel_tool_calls: true,
    reasoning: reasoningOf(fields),
    ...(verbosity === undefined ? {} : { default_verbosity: verbosity }),
    apply_patch: fields["apply_patch_tool_type"] === "freeform" ? "freeform" : "function",
    images: fields["input_modalities"] === undefined || listOf(fields["input_modalities"]).includes("image"),
  };
}

function verbosityOf(fields: Fields): Verbosity {
  return oneOf(fields["default_verbosity"], VERBOSITIES) ?? "medium";
}

function truncationOf(policy: Fields): ModelInfo["truncation"] {
  const mode = oneOf(policy["mode"], ["bytes", "tokens"]);
  const limit = numberOf(policy["limit"]);
  if (mode === undefined || limit === undefined || limit <= 0) return { mode: "bytes", limit: 10_000 };
  return { mode, limit };
}

function reasoningOf(fields: Fields): ModelInfo["reasoning"] {
  const effort = textOf(fields["default_reasoning_level"]);
  const summaries = fields["supports_reasoning_summaries"] !== false;
  return { summaries, ...(effort === undefined ? {} : { default_effort: effort }) };
}
