import type { Tool } from "@codex/protocol";
import * as z from "zod/mini";
import { defineTool, failure } from "../define.js";
import type { PatchRunner } from "../patch.js";
import { absent, endLinesLike, readTextFile } from "./file-text.js";

const edit = z.object({
  old_text: z.string().check(z.minLength(1), z.describe("Exactly what stands in the file, with its indentation.")),
  new_text: z.string().check(z.describe("What shall stand there instead.")),
  replace_all: z.optional(z.boolean().check(z.describe("Every place, not only one. Default: false."))),
});

const parameters = z.object({
  path: z.string().check(z.describe("File to change; relative paths start at the working directory.")),
  edits: z.array(edit).check(z.minLength(1), z.describe("Made in order; all of them or none.")),
});

type Edit = z.output<typeof edit>;

/** `edit_file`: exact replacements in one file, all or none; made, shown and undone like a patch. */
export function editFileTool(patches: PatchRunner): Tool {
  return defineTool({
    name: "edit_file",
    description:
      "Replaces text in a file. Each old_text must stand there exactly once, unless replace_all is set; give enough " +
      "of its surroundings.",
    parameters,
    async run(args, call, context) {
      const found = await readTextFile(args.path, context);
      if (found.type === "failed") return found.output;
      if (found.type === "absent") return absent(found.path);
      let text = found.text;
      for (const [index, each] of args.edits.entries()) {
        const result = replace(text, {
          ...each,
          old_text: endLinesLike(found.text, each.old_text),
          new_text: endLinesLike(found.text, each.new_text),
        });
        if (result.type === "failed")
          return failure(`edit ${index + 1} of ${found.path}: ${result.reason}. Nothing was changed.`);
        text = result.text;
      }
      if (text === found.text) return failure(`the edits leave ${found.path} as it is`);
      const { path, bytes: oldBytes, text: oldContent } = found;
      const change = {
        kind: "update",
        path,
        name: args.path,
        hunk: 0,
        oldBytes,
        oldContent,
        newContent: text,
      } as const;
      return patches.applyPlan({ changes: [change] }, { call, context });
    },
  });
}

type Replaced = { readonly type: "text"; readonly text: string } | { readonly type: "failed"; readonly reason: string };

/** In a file of mixed line ends the plain ones of a model may stand for either. */
function replace(text: string, { old_text, new_text, replace_all }: Edit): Replaced {
  const places = text.split(old_text).length - 1;
  if (places === 0 && text.includes("\r\n") && !old_text.includes("\r\n") && old_text.includes("\n")) {
    const crlf = (part: string): string => part.replaceAll("\n", "\r\n");
    return replace(text, { old_text: crlf(old_text), new_text: crlf(new_text), replace_all });
  }
  if (places === 0) return { type: "failed", reason: "old_text does not stand in the file" };
  if (places > 1 && replace_all !== true) {
    return { type: "failed", reason: `old_text stands in the file ${places} times; give more of its surroundings` };
  }
  return { type: "text", text: text.split(old_text).join(new_text) };
}
