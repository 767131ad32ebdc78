import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** Longest line that is read, in characters: room for a few pictures. */
export const MOST_CHARACTERS = 32 * 1024 * 1024;

/** `text` absent: the line was too long, and is dropped. */
export type InputLine = { readonly number: number; readonly text?: string };

/** The lines of a stream, without blank ones. Ends with the stream. */
export async function* readLines(stream: Readable, most = MOST_CHARACTERS): AsyncGenerator<InputLine, void, undefined> {
  const decoder = new StringDecoder("utf8");
  let number = 0;
  let rest = "";
  let isTooLong = false;
  const finish = (): readonly InputLine[] => {
    number += 1;
    const line = isTooLong ? { number } : { number, text: rest };
    const isBlank = !isTooLong && rest.trim() === "";
    rest = "";
    isTooLong = false;
    return isBlank ? [] : [line];
  };
  const add = (part: string): void => {
    isTooLong ||= rest.length + part.length > most;
    rest = isTooLong ? "" : rest + part;
  };
  for await (const chunk of stream) {
    const [first = "", ...others] = decoder.write(Buffer.from(chunk)).split("\n");
    add(first);
    for (const other of others) {
      yield* finish();
      add(other);
    }
  }
  add(decoder.end());
  yield* finish();
}
