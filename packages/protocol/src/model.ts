import type { ResponseItem } from "./items.js";
import type { RateLimitSnapshot, TokenUsage } from "./usage.js";

/** Any string is sent as it is; these are the known ones (live.md §6.2). */
export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | (string & {});
export type ReasoningSummary = "auto" | "concise" | "detailed" | "none";
export type Verbosity = "low" | "medium" | "high";

/** How much of a tool output the model gets: middle cut beyond `limit` (core.md §3.4). */
export type TruncationPolicy = { readonly mode: "bytes" | "tokens"; readonly limit: number };

/** What we know about a model (core.md §2.11). */
export type ModelInfo = {
  readonly slug: string;
  /** False: not in the catalog, so the values are cautious defaults. */
  readonly known: boolean;
  /** Tokens; absent when unknown. */
  readonly context_window?: number;
  readonly truncation: TruncationPolicy;
  readonly parallel_tool_calls: boolean;
  readonly reasoning: { readonly summaries: boolean; readonly default_effort?: ReasoningEffort };
  /** Absent: the model takes no verbosity. */
  readonly default_verbosity?: Verbosity;
  /** In which form the patch tool is offered. */
  readonly apply_patch: "freeform" | "function";
  readonly images: boolean;
};

/** JSON Schema of a tool's arguments. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A tool as the model is told about it (core.md §4.1). */
export type ToolSpec =
  | {
      readonly type: "function";
      readonly name: string;
      readonly description: string;
      readonly strict: boolean;
      readonly parameters: JsonSchema;
    }
  | {
      readonly type: "custom";
      readonly name: string;
      readonly description: string;
      readonly format: { readonly type: "grammar"; readonly syntax: "lark"; readonly definition: string };
    }
  /** Carried out by the server. `external_web_access` false: only what the server has stored. */
  | { readonly type: "web_search"; readonly external_web_access: boolean };

/** One request to a model. */
export type Prompt = {
  readonly instructions: string;
  readonly input: readonly ResponseItem[];
  readonly tools: readonly ToolSpec[];
  /** JSON Schema the final answer must satisfy. */
  readonly output_schema?: unknown;
};

/** What a model stream says. `completed` is the last one of a good stream. */
export type ModelEvent =
  | { readonly type: "item_started"; readonly item_id: string; readonly kind: string }
  | { readonly type: "text_delta"; readonly item_id: string; readonly delta: string }
  | { readonly type: "reasoning_delta"; readonly item_id: string; readonly delta: string; readonly section: number }
  | { readonly type: "tool_input_delta"; readonly item_id: string; readonly delta: string }
  | { readonly type: "item_done"; readonly item: ResponseItem }
  | { readonly type: "rate_limits"; readonly snapshot: RateLimitSnapshot }
  | { readonly type: "rerouted"; readonly from: string; readonly to: string }
  | {
      readonly type: "completed";
      readonly response_id: string;
      readonly usage: TokenUsage | undefined;
      /** The server asks for another step although nothing is left to answer (live.md §1.3). */
      readonly continues: boolean;
    };
