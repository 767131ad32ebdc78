import type { Tool, ToolSource } from "@codex/protocol";
import type { ToolsConfig } from "../families.js";
import { offer } from "../families.js";
import { createPatchInterception, createPatchRunner } from "../patch.js";
import { Processes } from "../processes.js";
import type { ShellPowers } from "../shell-powers.js";
import { applyPatchTool } from "./apply-patch.js";
import { editFileTool } from "./edit-file.js";
import { execCommandTool } from "./exec-command.js";
import { listDirectoryTool } from "./list-directory.js";
import { readFileTool } from "./read-file.js";
import { requestUserInputTool } from "./request-user-input.js";
import { createSearch, findFilesTool, grepFilesTool } from "./search.js";
import { shellTools } from "./shell.js";
import { updatePlanTool } from "./update-plan.js";
import { viewImageTool } from "./view-image.js";
import type { WebSearchMode } from "./web-search.js";
import { webSearchTool } from "./web-search.js";
import { writeFileTool } from "./write-file.js";
import { writeStdinTool } from "./write-stdin.js";

export type BuiltinConfig = ToolsConfig & { readonly web_search: WebSearchMode };

const DEFAULT_CONFIG: BuiltinConfig = { shell: true, view_image: true, web_search: "disabled" };

/** The tools that Codex brings itself. `processes` are those of the session, and end with the source. */
export function builtinTools(
  powers: ShellPowers,
  processes = new Processes(),
  config: BuiltinConfig = DEFAULT_CONFIG,
): ToolSource {
  const patches = createPatchRunner();
  const interception = createPatchInterception(patches);
  const search = createSearch(powers);
  const before: readonly Tool[] = [
    execCommandTool({ powers, processes }, interception),
    writeStdinTool({ powers, processes }),
    ...shellTools(powers, interception),
    updatePlanTool,
    requestUserInputTool,
  ];
  const after: readonly Tool[] = [
    readFileTool,
    writeFileTool(patches),
    editFileTool(patches),
    listDirectoryTool,
    grepFilesTool(search),
    findFilesTool(search),
    ...(config.web_search === "disabled" ? [] : [webSearchTool(config.web_search)]),
    viewImageTool,
  ];
  return {
    name: "builtin",
    tools: (turn) => {
      const patch = applyPatchTool(patches, turn.model.info.apply_patch);
      return Promise.resolve(offer([...before, patch, ...after], turn, config));
    },
    [Symbol.asyncDispose]: () => processes[Symbol.asyncDispose](),
  };
}
