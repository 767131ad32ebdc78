import { fieldsOf, listOf, oneOf, parseJson, textOf } from "@codex/common";
import type { FunctionCallItem, PlanStep, ResponseItem } from "@codex/protocol";
import { patchedPaths, scriptOf } from "./touched-paths.js";

/** Most files that are kept by name. */
const MAX_FILES = 200;

const STATUSES = ["pending", "in_progress", "completed"] as const;

/**
 * What must not be forgotten when a history is summarised: the plan and the files that tools changed. Fed with every
 * item of a session in order, so it says the same after a resume.
 */
export class Ledger {
  #plan: readonly PlanStep[] = [];
  readonly #files = new Set<string>();
  readonly #open = new Map<string, readonly string[]>();

  get plan(): readonly PlanStep[] {
    return this.#plan;
  }

  /** As the patches named them, in the order of their first change. */
  get files(): readonly string[] {
    return [...this.#files];
  }

  note(item: ResponseItem): void {
    switch (item.type) {
      case "function_call":
        if (item.name === "update_plan") this.#plan = planOf(item.arguments) ?? this.#plan;
        else this.#expect(item.call_id, changedFiles(item));
        return;
      case "custom_tool_call":
        this.#expect(item.call_id, patchedPaths(item.input));
        return;
      case "function_call_output":
      case "custom_tool_call_output":
        this.#settle(item.call_id, item.output);
        return;
      case "message":
      case "reasoning":
      case "local_shell_call":
      case "web_search_call":
      case "compaction":
        return;
      default:
        item satisfies never;
    }
  }

  #expect(call_id: string, files: readonly string[]): void {
    if (files.length > 0) this.#open.set(call_id, files);
  }

  #settle(call_id: string, output: unknown): void {
    const files = this.#open.get(call_id);
    this.#open.delete(call_id);
    if (files === undefined || (typeof output === "string" && FAILED.test(output))) return;
    for (const file of files) if (this.#files.size < MAX_FILES) this.#files.add(file);
  }
}

const WRITERS = new Set(["write_file", "edit_file"]);

function changedFiles(call: FunctionCallItem): readonly string[] {
  const file = WRITERS.has(call.name) ? textOf(fieldsOf(parseJson(call.arguments))["path"]) : undefined;
  return file === undefined ? patchedPaths(scriptOf(call.arguments)) : [file];
}

/** How outputs of patches that changed nothing begin. */
const FAILED = /^(apply_patch verification failed|failed to parse|aborted)/;

function planOf(text: string): readonly PlanStep[] | undefined {
  const plan = listOf(fieldsOf(parseJson(text))["plan"]).flatMap((value): readonly PlanStep[] => {
    const step = textOf(fieldsOf(value)["step"]);
    const status = oneOf(fieldsOf(value)["status"], STATUSES);
    return step === undefined || status === undefined ? [] : [{ step, status }];
  });
  return plan.length === 0 ? undefined : plan;
}
