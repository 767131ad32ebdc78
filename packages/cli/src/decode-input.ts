import { isUtf8 } from "node:buffer";
import { CodexError } from "@codex/common";

type Mark = { readonly bytes: readonly number[]; readonly encoding: "utf-8" | "utf-16le" | "utf-16be" | "utf-32" };

/** The longer ones first: UTF-32 LE begins like UTF-16 LE. */
const MARKS: readonly Mark[] = [
  { bytes: [0xff, 0xfe, 0, 0], encoding: "utf-32" },
  { bytes: [0, 0, 0xfe, 0xff], encoding: "utf-32" },
  { bytes: [0xef, 0xbb, 0xbf], encoding: "utf-8" },
  { bytes: [0xff, 0xfe], encoding: "utf-16le" },
  { bytes: [0xfe, 0xff], encoding: "utf-16be" },
];

/** Bytes from stdin as text: UTF-8 unless a byte order mark says UTF-16 (core.md §6.2). Throws `bad_request`. */
export function decodeInput(bytes: Uint8Array): string {
  const mark = MARKS.find((candidate) => candidate.bytes.every((byte, index) => bytes[index] === byte));
  if (mark?.encoding === "utf-32") throw new CodexError("bad_request", "stdin is UTF-32: convert it to UTF-8.");
  const body = bytes.subarray(mark?.bytes.length ?? 0);
  if (mark !== undefined && mark.encoding !== "utf-8") return new TextDecoder(mark.encoding).decode(body);
  if (!isUtf8(body)) {
    const offset = (mark?.bytes.length ?? 0) + validLength(body);
    throw new CodexError("bad_request", `stdin is not valid UTF-8 at byte ${offset}: convert it to UTF-8.`);
  }
  return Buffer.from(body).toString("utf8");
}

/** How many bytes at the start are whole, valid characters. */
function validLength(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isPrefix(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  while (low > 0 && !isUtf8(bytes.subarray(0, low))) low -= 1;
  return low;
}

/** Valid as far as it goes: it may end within a character. */
function isPrefix(bytes: Uint8Array): boolean {
  for (let cut = 0; cut <= Math.min(3, bytes.length); cut += 1) {
    if (isUtf8(bytes.subarray(0, bytes.length - cut))) return true;
  }
  return false;
}
