import { createHash, randomUUID } from "node:crypto";

/**
 * UUIDv7 (RFC 9562 §5.7): sorts by time of making. A random UUID (version 4) has its variant and its random bits where
 * version 7 has them, and Node keeps some of these ready.
 */
export function uuidv7(now: number): string {
  const time = Math.trunc(now).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** Gives `first`, then ids that follow from it, the same ones each time: what a recorded run and its replay share. */
export function idsFrom(first: string): () => string {
  const time = Buffer.from(first.replaceAll("-", "").slice(0, 12), "hex");
  let count = 0;
  return () => {
    count += 1;
    if (count === 1) return first;
    const bytes = createHash("sha256").update(`${first} ${count}`).digest().subarray(0, 16);
    time.copy(bytes);
    return format(bytes);
  };
}

/** Numbers from 0 up to 1 that follow from an id, the same ones each time. */
export function randomFrom(id: string): () => number {
  let count = 0;
  return () => {
    count += 1;
    return createHash("sha256").update(`${id} number ${count}`).digest().readUInt32BE() / 2 ** 32;
  };
}

function format(bytes: Buffer): string {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
