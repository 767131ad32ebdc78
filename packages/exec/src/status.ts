import type { Duplex } from "node:stream";

/** Bytes; the helper's one line is far shorter. */
const LONGEST = 64 * 1024;

/** Reads the helper's status descriptor to its end: what it said about a failed start, nothing when that went well. */
export function readStatusChannel(channel: Duplex): Promise<string> {
  let text = "";
  channel.setEncoding("utf8");
  channel.on("data", (part: string) => {
    if (text.length < LONGEST) text += part;
  });
  return new Promise((resolve) => {
    channel.once("error", () => channel.destroy());
    channel.once("close", () => resolve(text));
  });
}
