import path from "node:path";
import type { ApplyReport, Change, Patch, Plan } from "@codex/apply-patch";
import { applyPlan, findPatchInCommand, parsePatch, planPatch, summarize, unifiedDiff } from "@codex/apply-patch";
import type {
  Attempt,
  CompletionStatus,
  Consent,
  Denial,
  FileChange,
  ToolCall,
  ToolContext,
  ToolOutput,
  TurnContext,
} from "@codex/protocol";
import { messageOf } from "@codex/common";
import { refusalText } from "../approvals/refusal.js";
import type { Command } from "./command.js";
import { explainDenial } from "./command-text.js";
import { failure, success } from "./define.js";
import { DiffTracker } from "./diff-tracker.js";

/** Changes files for a call. */
export type PatchRunner = {
  /** A patch in its own language; `cwd` is what its relative paths start from. */
  applyText(text: string, cwd: string, request: Request): Promise<ToolOutput>;
  /** Changes that are already known. */
  applyPlan(plan: Plan, request: Request): Promise<ToolOutput>;
};

type Request = { readonly call: ToolCall; readonly context: ToolContext };

/** Takes over a shell call that is nothing but a patch; `undefined`: it is not. */
export type PatchInterception = (
  command: Command,
  call: ToolCall,
  context: ToolContext,
) => Promise<ToolOutput | undefined>;

type Changes = Readonly<Record<string, FileChange>>;

/** Plan, ask the guard, apply all or nothing; begin and end are always shown (exec.md §1.11, §1.12). */
export function createPatchRunner(): PatchRunner {
  const trackers = new WeakMap<TurnContext, DiffTracker>();
  const applyKnown = async (plan: Plan, request: Request, started: number): Promise<ToolOutput> => {
    const { call, context } = request;
    const changes = Object.fromEntries(plan.changes.map((change) => [change.path, fileChange(change)]));
    let begun = false;
    const attempt = await context.guard.run({ type: "patch", changes }, (where, by) => {
      if (!begun) emitBegin(changes, by, { call, context });
      begun = true;
      return apply(() => applyPlan(plan, where.files, context.signal));
    });
    switch (attempt.type) {
      case "refused":
        return ended(failure(refusalText("patch", attempt)), changes, "declined", request);
      case "denied":
        return ended(failure(denied(attempt.denial)), changes, "failed", {
          ...request,
          begun: true,
          denial: attempt.denial,
        });
      case "done": {
        if (!attempt.value.success) return ended(attempt.value, changes, "failed", { ...request, begun: true });
        const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
        const output = success(`Exit code: 0\nWall time: ${seconds} seconds\nOutput:\n${summarize(plan.changes)}`);
        ended(output, changes, "completed", { ...request, begun: true });
        showDiff(plan, trackers, context.turn);
        return output;
      }
      default:
        return attempt satisfies never;
    }
  };
  return {
    applyPlan: (plan, request) => applyKnown(plan, request, performance.now()),
    async applyText(text, cwd, request) {
      const started = performance.now();
      const { guard, signal } = request.context;
      let changes: Changes = {};
      let plan: Plan;
      try {
        const patch = parsePatch(text);
        changes = namedChanges(patch, cwd);
        plan = await planPatch(patch, await guard.files(), { cwd }, signal);
      } catch (error) {
        signal.throwIfAborted();
        return ended(failure(`apply_patch verification failed: ${messageOf(error)}`), changes, "failed", request);
      }
      return applyKnown(plan, request, started);
    },
  };
}

/** Finds a patch in a shell call and applies it, so that it is planned, shown and undone like any other. */
export function createPatchInterception(patches: PatchRunner): PatchInterception {
  return async (command, call, context) => {
    const found = findPatchInCommand(command.argv);
    switch (found.type) {
      case "none":
        return undefined;
      case "unnamed":
        return failure(found.message);
      case "patch":
        return patches.applyText(found.text, path.resolve(command.cwd, found.directory ?? "."), { call, context });
      default:
        return found satisfies never;
    }
  };
}

async function apply(make: () => Promise<ApplyReport>): Promise<Attempt<ToolOutput>> {
  const report = await make();
  if (report.type === "applied") return { type: "done", value: success("") };
  const stuck = report.outcomes.filter((outcome) => outcome.state === "not_restored").map(({ change }) => change.path);
  const state =
    stuck.length === 0
      ? "Nothing was changed."
      : `These files could not be brought back to what they were: ${stuck.join(", ")}.`;
  const value = failure(`${report.error.message}. ${state}`);
  const denial = denialOf(report.error);
  return denial === undefined ? { type: "done", value } : { type: "denied", value, denial };
}

/** The sandbox's no, carried by the cause of a failed file operation. */
function denialOf(error: unknown): Denial | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("denial" in at && isDenial(at.denial)) return at.denial;
  }
  return undefined;
}

function isDenial(value: unknown): value is Denial {
  return typeof value === "object" && value !== null && "layer" in value && "certain" in value;
}

function denied(denial: Denial): string {
  return `patch rejected: ${explainDenial(denial)}. Nothing was changed.`;
}

/** What a patch names, before anything is known about the files. */
function namedChanges(patch: Patch, cwd: string): Changes {
  return Object.fromEntries(
    patch.hunks.map((hunk): [string, FileChange] => {
      const file = path.resolve(cwd, hunk.path);
      if (hunk.type === "update") {
        return [file, { type: "update", unified_diff: "", move_path: hunk.moveTo ?? null }];
      }
      return [file, { type: hunk.type, content: "" }];
    }),
  );
}

function fileChange(change: Change): FileChange {
  switch (change.kind) {
    case "add":
      return { type: "add", content: change.newContent };
    case "delete":
      return { type: "delete", content: change.oldContent ?? "" };
    case "update":
    case "move": {
      const unified_diff = unifiedDiff(change.oldContent, change.newContent, { context: 1 });
      return { type: "update", unified_diff, move_path: change.kind === "move" ? change.destination.path : null };
    }
    default:
      return change satisfies never;
  }
}

type Shown = {
  readonly call: ToolCall;
  readonly context: ToolContext;
  readonly begun?: true;
  readonly denial?: Denial;
};

function emitBegin(changes: Changes, by: Consent, { call, context }: Shown): void {
  const { turn } = context;
  const scope = { call_id: call.call_id, turn_id: turn.id };
  turn.session.emit({ type: "patch_apply_begin", ...scope, auto_approved: by === "policy", changes }, turn.id);
}

function ended(output: ToolOutput, changes: Changes, status: CompletionStatus, shown: Shown): ToolOutput {
  const { call, context, denial } = shown;
  const { turn } = context;
  if (shown.begun !== true) emitBegin(changes, "policy", shown);
  const text = output.content.map((part) => (part.type === "input_text" ? part.text : "")).join("\n");
  const scope = { call_id: call.call_id, turn_id: turn.id };
  const streams = output.success ? { stdout: text, stderr: "" } : { stdout: "", stderr: text };
  const outcome = { success: output.success, changes, status, ...(denial === undefined ? {} : { denial }) };
  turn.session.emit({ type: "patch_apply_end", ...scope, ...streams, ...outcome }, turn.id);
  return output;
}

function showDiff(plan: Plan, trackers: WeakMap<TurnContext, DiffTracker>, turn: TurnContext): void {
  const tracker = trackers.get(turn) ?? new DiffTracker(turn.settings.cwd);
  trackers.set(turn, tracker);
  tracker.add(plan);
  turn.session.emit({ type: "turn_diff", unified_diff: tracker.diff() }, turn.id);
}
