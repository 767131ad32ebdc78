import { fieldsOf, isFields, listOf, numberOf, parseJson, textOf } from "@codex/common";
import type { ModelUse, ToolUse } from "@codex/protocol";
import { decodeUsage } from "../rollout/stored-tokens.js";

/** A line of usage.jsonl: what one turn used. */
export type UsageTurn = {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly session: string;
  /** The session that opened it, where it is a sub-agent's. */
  readonly parent: string | undefined;
  readonly models: readonly ModelUse[];
  readonly tools: readonly ToolUse[];
};

/** `undefined`: not a line of ours, or a torn one. */
export function decodeUsageTurn(text: string): UsageTurn | undefined {
  const line = fieldsOf(parseJson(text));
  const at = Date.parse(textOf(line["timestamp"]) ?? "");
  const session = textOf(line["session_id"]);
  if (Number.isNaN(at) || session === undefined || !Array.isArray(line["models"])) return undefined;
  return {
    at,
    session,
    parent: textOf(line["parent_session_id"]),
    models: listOf(line["models"]).flatMap((use) => decodeModelUse(use) ?? []),
    tools: listOf(line["tools"]).flatMap((use) => decodeToolUse(use) ?? []),
  };
}

function decodeModelUse(value: unknown): ModelUse | undefined {
  const fields = fieldsOf(value);
  const model = textOf(fields["model"]);
  if (model === undefined || !isFields(fields["usage"])) return undefined;
  const cost_usd = numberOf(fields["cost_usd"]) ?? null;
  return { model, requests: numberOf(fields["requests"]) ?? 0, usage: decodeUsage(fields["usage"]), cost_usd };
}

function decodeToolUse(value: unknown): ToolUse | undefined {
  const fields = fieldsOf(value);
  const tool = textOf(fields["tool"]);
  if (tool === undefined) return undefined;
  const count = (name: keyof ToolUse): number => numberOf(fields[name]) ?? 0;
  return {
    tool,
    calls: count("calls"),
    failed: count("failed"),
    output_bytes: count("output_bytes"),
    duration_ms: count("duration_ms"),
  };
}
