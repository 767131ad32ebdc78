import path from "node:path";
import { codeOf, messageOf } from "@codex/common";
import type { Tool } from "@codex/protocol";
import * as z from "zod/mini";
import { defineTool, failure } from "../define.js";

/** Bytes; a data URL of it is a third larger, and providers stop at about 20 MB. */
const IMAGE_LIMIT = 10 * 1024 * 1024;

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
      bytes = await (await guard.files()).read(file, IMAGE_LIMIT, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (codeOf(error) !== "file_error") throw error;
      return failure(`unable to read image at \`${file}\`: ${messageOf(error)} (at most ${IMAGE_LIMIT} bytes)`);
    }
    if (bytes === undefined) return failure(`unable to locate image at \`${file}\`: there is no such file`);
    const type = imageType(bytes);
    if (type === undefined) return failure("unable to process image: invalid or unsupported image data");
    turn.session.emit({ type: "view_image_tool_call", call_id: call.call_id, path: file }, turn.id);
    const image_url = `data:image/${type};base64,${Buffer.from(bytes).toString("base64")}`;
    return { success: true, content: [{ type: "input_image", image_url, detail: "high" }] };
  },
});

/** By the first bytes; a name may lie. */
function imageType(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (/^GIF8[79]a/.test(head)) return "gif";
  return head.startsWith("RIFF") && head.slice(8, 12) === "WEBP" ? "webp" : undefined;
}
