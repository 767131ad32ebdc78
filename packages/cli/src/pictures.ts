import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { CodexError, messageOf } from "@codex/common";

/** First bytes of PNG, JPEG, GIF and WebP. */
const STARTS = [/^\x89PNG\r\n\x1a\n/, /^\xff\xd8\xff/, /^GIF8[79]a/, /^RIFF....WEBP/s];

/** The files of `-i`, absolute. Throws `bad_request` for one that cannot be read or is no picture. */
export function checkedPictures(files: readonly string[], cwd: string): Promise<readonly string[]> {
  return Promise.all(files.map((file) => checkedPicture(resolve(cwd, file))));
}

async function checkedPicture(path: string): Promise<string> {
  const start = await firstBytes(path).catch((error: unknown) => {
    throw new CodexError("bad_request", `cannot read the image ${path}: ${messageOf(error)}`, { cause: error });
  });
  if (STARTS.some((pattern) => pattern.test(start))) return path;
  throw new CodexError("bad_request", `${path} is no image: PNG, JPEG, GIF and WebP are`);
}

/** Twelve of them, one a character. */
async function firstBytes(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(12), 0, 12);
  return buffer.subarray(0, bytesRead).toString("latin1");
}
