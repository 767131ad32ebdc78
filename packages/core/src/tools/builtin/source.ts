import type { Tool, ToolSource } from "@codex/protocol";
import { createPatchInterception, createPatchRunner } from "../patch.js";
import { Processes } from "../processes.js";
import type { ShellPowers } from "../shell-powers.js";
import { applyPatchTool } from "./apply-patch.js";
import { execCommandTool } from "./exec-command.js";
import { shellTools } from "./shell.js";
import { updatePlanTool } from "./update-plan.js";
import { writeStdinTool } from "./write-stdin.js";

/** The tools that Codex brings itself. `processes` are those of the session, and end with the source. */
export function builtinTools(powers: ShellPowers, processes = new Processes()): ToolSource {
  const runPatch = createPatchRunner();
  const interception = createPatchInterception(runPatch);
  const always: readonly Tool[] = [
    execCommandTool({ powers, processes }, interception),
    writeStdinTool({ powers, processes }),
    ...shellTools(powers, interception),
    updatePlanTool,
  ];
  return {
    name: "builtin",
    tools: (turn) => Promise.resolve([...always, applyPatchTool(runPatch, turn.model.info.apply_patch)]),
    [Symbol.asyncDispose]: () => processes[Symbol.asyncDispose](),
  };
}
