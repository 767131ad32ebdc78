import type { Change } from "@codex/apply-patch";
import type { Tool } from "@codex/protocol";
import * as z from "zod/mini";
import { defineTool } from "../define.js";
import type { PatchRunner } from "../patch.js";
import type { TextFile } from "./file-text.js";
import { endLinesLike, readTextFile } from "./file-text.js";

const parameters = z.object({
  path: z.string().check(z.describe("File to write; relative paths start at the working directory.")),
  content: z.string().check(z.describe("The whole file.")),
});

/** `write_file`: a whole file, new or in place of what was there; made, shown and undone like a patch. */
export function writeFileTool(patches: PatchRunner): Tool {
  return defineTool({
    name: "write_file",
    description:
      "Writes a whole text file, making missing directories; what was there is replaced. To change a part of a file, " +
      "use edit_file.",
    parameters,
    async run(args, call, context) {
      const found = await readTextFile(args.path, context);
      if (found.type === "failed") return found.output;
      return patches.applyPlan({ changes: [changeOf(found, args.path, args.content)] }, { call, context });
    },
  });
}

/** The byte order mark, which no model writes. */
const MARK = "\ufeff";

/** What a file had keeps its form: its byte order mark, and line ends that are all CRLF. */
function changeOf(found: Exclude<TextFile, { type: "failed" }>, name: string, newContent: string): Change {
  const place = { path: found.path, name, hunk: 0, newContent };
  if (found.type === "absent") return { ...place, kind: "add", oldBytes: undefined, oldContent: undefined };
  const marked = found.text.startsWith(MARK) && !newContent.startsWith(MARK) ? MARK + newContent : newContent;
  const content = endLinesLike(found.text, marked);
  return { ...place, kind: "update", oldBytes: found.bytes, oldContent: found.text, newContent: content };
}
