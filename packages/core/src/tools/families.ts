import type { Tool, TurnContext } from "@codex/protocol";

/** What the configuration says about tools. */
export type ToolsConfig = {
  /** False: there are no tools that run commands. */
  readonly shell: boolean;
  readonly view_image: boolean;
};

/** Models that were made for a shell and patches; they do not need tools for single files. */
const SHELL_MODELS = /^(?:gpt-|codex|o\d)/;

const FILE_TOOLS: ReadonlySet<string> = new Set([
  "read_file",
  "write_file",
  "edit_file",
  "list_dir",
  "grep_files",
  "find_files",
]);
const SHELL_TOOLS: ReadonlySet<string> = new Set([
  "exec_command",
  "write_stdin",
  "shell",
  "container.exec",
  "shell_command",
]);

/** The tools as this turn's model is told of them. What is not offered is still answered when it is called. */
export function offer(tools: readonly Tool[], turn: TurnContext, config: ToolsConfig): readonly Tool[] {
  return tools
    .filter((tool) => config.shell || !SHELL_TOOLS.has(tool.name))
    .map((tool) => (isOffered(tool.name, turn, config) ? tool : withheld(tool)));
}

/** What the model would be told of it is never worked out. */
function withheld(tool: Tool): Tool {
  const { name, parallel } = tool;
  return { name, parallel, spec: undefined, invoke: (call, context) => tool.invoke(call, context) };
}

function isOffered(name: string, { model, settings }: TurnContext, config: ToolsConfig): boolean {
  if (FILE_TOOLS.has(name)) return !SHELL_MODELS.test(bareName(model.info.slug));
  if (name === "view_image") return config.view_image && model.info.images;
  if (name === "request_user_input") return settings.approval_policy !== "never";
  return true;
}

/** Without the `namespace/` of a provider that serves many makers' models. */
function bareName(slug: string): string {
  return slug.slice(slug.lastIndexOf("/") + 1);
}
