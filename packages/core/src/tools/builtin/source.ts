import type { Tool, ToolSource } from "@codex/protocol";
import { createPatchInterception, createPatchRunner } from "../patch.js";
import type { ShellPowers } from "../shell-powers.js";
import { applyPatchTool } from "./apply-patch.js";
import { execCommandTool } from "./exec-command.js";
import { shellTools } from "./shell.js";
import { updatePlanTool } from "./update-plan.js";

/** The tools that Codex brings itself. */
export function builtinTools(powers: ShellPowers): ToolSource {
  const runPatch = createPatchRunner();
  const interception = createPatchInterception(runPatch);
  const always: readonly Tool[] = [
    execCommandTool(powers, interception),
    ...shellTools(powers, interception),
    updatePlanTool,
  ];
  return {
    name: "builtin",
    tools: (turn) => Promise.resolve([...always, applyPatchTool(runPatch, turn.model.info.apply_patch)]),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
