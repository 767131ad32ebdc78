import type { Tool, ToolSpec } from "@codex/protocol";
import * as z from "zod/mini";
import { defineTool } from "../define.js";
import type { PatchRunner } from "../patch.js";

const DESCRIPTION =
  "Changes files by a patch. Prefer it to shell commands for edits: all of it is applied or none of it. Give enough " +
  "unchanged lines around each change to find its place, and an @@ line naming the enclosing block when they repeat.";

/** The shape of a patch, for models that are held to a grammar (exec.md §1.2). */
const GRAMMAR = `start: begin hunk+ end
begin: "*** Begin Patch" LF
end: "*** End Patch" LF?
hunk: add | delete | update
add: "*** Add File: " name LF added+
delete: "*** Delete File: " name LF
update: "*** Update File: " name LF move? body?
move: "*** Move to: " name LF
body: (place | line)+ eof?
place: ("@@" | "@@ " /(.+)/) LF
added: "+" /(.*)/ LF
line: ("+" | "-" | " ") /(.*)/ LF
eof: "*** End of File" LF
name: /(.+)/
%import common.LF
`;

const FORMAT = `
A patch is text of this form:

*** Begin Patch
*** Add File: <path>          then every line of the new file with a leading +
*** Delete File: <path>       nothing follows
*** Update File: <path>       optionally *** Move to: <new path>, then one or more places:
@@ <a line that encloses the place, optional>
 <unchanged line>
-<removed line>
+<added line>
*** End Patch

Paths are relative to the working directory. Several files may be changed by one patch.`;

/** `apply_patch`, in the form the model takes best; both forms are answered whichever is offered (core.md §4.2). */
export function applyPatchTool(patches: PatchRunner, form: "freeform" | "function"): Tool {
  const asFunction = defineTool({
    name: "apply_patch",
    description: DESCRIPTION + "\n" + FORMAT,
    parameters: z.object({ input: z.string().check(z.describe("The whole patch.")) }),
    run: (args, call, context) => patches.applyText(args.input, context.turn.settings.cwd, { call, context }),
  });
  return {
    name: "apply_patch",
    parallel: false,
    spec: form === "function" ? asFunction.spec : freeformSpec(),
    invoke: (call, context) =>
      call.kind === "custom"
        ? patches.applyText(call.text, context.turn.settings.cwd, { call, context })
        : asFunction.invoke(call, context),
  };
}

function freeformSpec(): ToolSpec {
  return {
    type: "custom",
    name: "apply_patch",
    description: `${DESCRIPTION} The input is the patch itself, not JSON.`,
    format: { type: "grammar", syntax: "lark", definition: GRAMMAR },
  };
}
