import type { Captured } from "@codex/protocol";

/** UTF-8; each bad sequence becomes U+FFFD; NUL, ANSI and CR are kept (live.md §2.4). */
export function decodeText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** Bytes at the end of `bytes` that begin a character without finishing it: 0 to 3. */
export function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    return back < sequenceLength(byte) ? back : 0;
  }
  return 0;
}

/** Bytes at the start of `bytes` that continue a character begun before it: 0 to 3. */
export function continuationBytes(bytes: Uint8Array): number {
  let count = 0;
  while (count < 3 && count < bytes.length && ((bytes[count] ?? 0) & 0xc0) === 0x80) count += 1;
  return count;
}

function sequenceLength(first: number): number {
  if (first >= 0xf0 && first <= 0xf4) return 4;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  return 1;
}

/** Head and tail as one text, with a marker line where bytes were dropped (live.md §2.4). Cuts no character. */
export function renderCaptured(captured: Captured): string {
  if (captured.omitted_bytes === 0) return decodeText(Buffer.concat([captured.head, captured.tail]));
  const cut = unfinishedBytes(captured.head);
  const skipped = continuationBytes(captured.tail);
  const head = decodeText(captured.head.subarray(0, captured.head.length - cut));
  const tail = decodeText(captured.tail.subarray(skipped));
  return `${head}\n... ${captured.omitted_bytes + cut + skipped} bytes omitted ...\n${tail}`;
}
