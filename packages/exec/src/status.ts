import type { Duplex } from "node:stream";

/** Bytes; the helper's one line is far shorter. */
const LONGEST = 64 * 1024;

/** Answers an offer of pipes, named by their descriptor numbers in the helper. */
export type Exchange = (descriptors: readonly string[]) => "taken" | "kept";

/**
 * Reads the helper's status descriptor to its end: what it said about a failed start, nothing when that went well.
 * A first line `pipes OUT ERRORS [INPUT]` is an offer to `exchange`; the helper waits for the answer.
 */
export function readStatusChannel(channel: Duplex, exchange?: Exchange): Promise<string> {
  let text = "";
  channel.setEncoding("utf8");
  channel.on("data", (part: string) => {
    if (text.length < LONGEST) text += part;
    const offer = /^pipes((?: \d+)+)\n/.exec(text);
    if (offer === null || exchange === undefined) return;
    text = text.slice(offer[0].length);
    channel.write(exchange((offer[1] ?? "").trim().split(" ")) === "taken" ? "y" : "n");
  });
  return new Promise((resolve) => {
    channel.once("error", () => channel.destroy());
    // a helper that is killed in the middle of its offer has said nothing
    channel.once("close", () => resolve(text.startsWith("pipes") ? "" : text));
  });
}
