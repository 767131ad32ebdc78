import { mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf, messageOf } from "@codex/common";
import { amendText, type Amendment } from "./amend.js";
import { isBroadPrefix } from "./broad-prefixes.js";
import { RULES_LIMITS } from "./limits.js";

export type AmendOutcome =
  { readonly type: "written" } | { readonly type: "present" } | { readonly type: "refused"; readonly message: string };

/** Bytes of one file; a character takes at most three of them per UTF-16 unit. */
const BYTE_LIMIT = RULES_LIMITS.text * 3;

/**
 * Adds a rule to a file (exec.md §2.5), making the file and its folder when they are missing. Several writers, also of
 * other programs, may append at once: each line goes to the end of the file in one write, so that all stand and none is
 * torn; only the same line written twice at the same instant may stand twice. Prefixes that would allow
 * nearly everything are refused. Resolves to `refused` also when the file system says no.
 */
export async function amendFile(path: string, amendment: Amendment, signal: AbortSignal): Promise<AmendOutcome> {
  signal.throwIfAborted();
  if (amendment.type === "prefix" && (amendment.decision ?? "allow") === "allow" && isBroadPrefix(amendment.pattern)) {
    return { type: "refused", message: `a rule for ${JSON.stringify(amendment.pattern)} would allow nearly anything` };
  }
  let file: FileHandle | undefined;
  try {
    file = await openForAppend(path);
    signal.throwIfAborted();
    return await append(file, amendment, path);
  } catch (error) {
    signal.throwIfAborted();
    return { type: "refused", message: `${path}: ${messageOf(error)}` };
  } finally {
    await file?.close();
  }
}

async function openForAppend(path: string): Promise<FileHandle> {
  try {
    return await open(path, "a+", 0o600);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await open(path, "a+", 0o600);
  }
}

async function append(file: FileHandle, amendment: Amendment, path: string): Promise<AmendOutcome> {
  const facts = await file.stat();
  if (!facts.isFile()) return { type: "refused", message: `${path}: not a regular file` };
  if (facts.size > BYTE_LIMIT) return { type: "refused", message: `${path}: longer than ${BYTE_LIMIT} bytes` };
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(facts.size), position: 0 });
  const text = new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, bytesRead));
  const amended = amendText(text, amendment, path);
  if (amended.type !== "amended") return amended;
  const line = Buffer.from(amended.added);
  const { bytesWritten } = await file.write(line);
  if (bytesWritten !== line.length) {
    // what was torn is taken back only while nobody has written after it
    const { size } = await file.stat();
    if (size === facts.size + bytesWritten) await file.truncate(facts.size);
    return { type: "refused", message: `${path}: no room for the rule` };
  }
  await file.sync();
  return { type: "written" };
}
