import { runExec, type ExecOptions, type Outcome } from "../src/run.js";
import type { FakeSession } from "./fake-session.js";
import { MemoryWriter } from "./memory-writer.js";

export type Ran = { readonly outcome: Outcome; readonly stdout: string; readonly stderr: string };

/** Runs a scripted session to its end and gives what it wrote. */
export async function run(session: FakeSession, options: Partial<ExecOptions> = {}): Promise<Ran> {
  const stdout = new MemoryWriter();
  const stderr = new MemoryWriter();
  const defaults = { session, prompt: "fix it", json: false, version: "1.2.3", colour: false, stdout, stderr };
  const outcome = await runExec({ ...defaults, ...options }, new AbortController().signal);
  return { outcome, stdout: stdout.text, stderr: stderr.text };
}

/** The events of `--json`. */
export async function runJson(session: FakeSession): Promise<Ran & { readonly events: readonly unknown[] }> {
  const ran = await run(session, { json: true });
  const lines = ran.stdout.split("\n");
  return { ...ran, events: lines.slice(0, -1).map((line): unknown => JSON.parse(line)) };
}
