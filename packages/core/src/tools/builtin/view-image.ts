import path from "node:path";
import { codeOf, messageOf } from "@codex/common";
import type { Tool } from "@codex/protocol";
import * as z from "zod/mini";
import { PICTURE_LIMIT, pictureUrl } from "../../prompt/picture.js";
import { defineTool, failure } from "../define.js";

const parameters = z.object({
  path: z.string().check(z.describe("Picture to look at; relative paths start at the working directory.")),
});

/** `view_image`: a picture as the model can see it (live.md §3.5, §4.5); type by content, sent as it is. */
export const viewImageTool: Tool = defineTool({
  name: "view_image",
  description: "Shows you a picture from the file system: PNG, JPEG, GIF or WebP.",
  parameters,
  parallel: true,
  async run(args, call, { guard, turn, signal }) {
    const file = path.resolve(turn.settings.cwd, args.path);
    let bytes: Uint8Array | undefined;
    try {
      bytes = await (await guard.files()).read(file, PICTURE_LIMIT, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (codeOf(error) !== "file_error") throw error;
      return failure(`unable to read image at \`${file}\`: ${messageOf(error)} (at most ${PICTURE_LIMIT} bytes)`);
    }
    if (bytes === undefined) return failure(`unable to locate image at \`${file}\`: there is no such file`);
    const image_url = pictureUrl(bytes);
    if (image_url === undefined) return failure("unable to process image: invalid or unsupported image data");
    turn.session.emit({ type: "view_image_tool_call", call_id: call.call_id, path: file }, turn.id);
    return { success: true, content: [{ type: "input_image", image_url, detail: "high" }] };
  },
});
