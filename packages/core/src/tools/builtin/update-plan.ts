import type { PlanStep, Tool } from "@codex/protocol";
import * as z from "zod/mini";
import { defineTool, success } from "../define.js";

const parameters = z.object({
  explanation: z.optional(z.string().check(z.describe("Why the plan changed."))),
  plan: z.array(
    z.object({
      step: z.string().check(z.describe("What is done, in a few words.")),
      status: z.enum(["pending", "in_progress", "completed"]),
    }),
  ),
});

/** `update_plan`: the model's own list, shown to the person (core.md §4.2). */
export const updatePlanTool: Tool = defineTool({
  name: "update_plan",
  description: "Replaces the plan shown to the user. Keep at most one step in_progress.",
  parameters,
  run(args, _call, { turn }) {
    const plan: readonly PlanStep[] = args.plan;
    const explanation = args.explanation === undefined ? {} : { explanation: args.explanation };
    turn.session.emit({ type: "plan_update", ...explanation, plan }, turn.id);
    return Promise.resolve(success("Plan updated"));
  },
});
