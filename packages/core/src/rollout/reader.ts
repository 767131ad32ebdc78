import type { SessionFile } from "./files.js";
import type { ReadChunks } from "./scan.js";
import { plainChunks } from "./scan.js";

/** How the bytes of a session file are read. What unpacks is loaded only for a packed one. */
export async function readerOf(file: SessionFile): Promise<ReadChunks> {
  return file.packed ? (await import("./packed.js")).unpackedChunks : plainChunks;
}
