import { codeOf, messageOf } from "@codex/common";
import type { ContentItem, Files, UserInput } from "@codex/protocol";
import { escapeXml } from "./xml.js";

/** Bytes; a data URL of it is a third larger, and providers stop at about 20 MB. */
export const PICTURE_LIMIT = 10 * 1024 * 1024;

/** The picture as a data URL, sent as it is; `undefined`: it is no PNG, JPEG, GIF or WebP. */
export function pictureUrl(bytes: Uint8Array): string | undefined {
  const type = pictureType(bytes);
  return type === undefined ? undefined : `data:image/${type};base64,${Buffer.from(bytes).toString("base64")}`;
}

/** By the first bytes; a name may lie. */
function pictureType(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (/^GIF8[79]a/.test(head)) return "gif";
  return head.startsWith("RIFF") && head.slice(8, 12) === "WEBP" ? "webp" : undefined;
}

/** A picture that a person gave, with its number and path; what cannot be shown is said instead (live.md §0). */
export async function pictureContent(
  { path, detail = "high" }: Extract<UserInput, { type: "local_image" }>,
  number: number,
  files: Files,
  signal: AbortSignal,
): Promise<readonly ContentItem[]> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await files.read(path, PICTURE_LIMIT, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (codeOf(error) !== "file_error") throw error;
    return [{ type: "input_text", text: `(the picture ${path} could not be read: ${messageOf(error)})` }];
  }
  if (bytes === undefined)
    return [{ type: "input_text", text: `(the picture ${path} could not be read: no such file)` }];
  const image_url = pictureUrl(bytes);
  const shown: ContentItem =
    image_url === undefined
      ? { type: "input_text", text: `(${path} is no PNG, JPEG, GIF or WebP picture)` }
      : { type: "input_image", image_url, detail };
  const name = `[Image #${number}]`;
  return [
    { type: "input_text", text: `<image name=${name} path="${escapeXml(path)}">` },
    shown,
    { type: "input_text", text: "</image>" },
  ];
}
