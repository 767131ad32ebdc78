import { ev } from "@codex/test-support";
import { expect, it } from "vitest";
import { liveSession } from "../support/live.js";

it("the answer abort ends the turn while the model's response still runs, and nothing else", async () => {
  const uncaught: unknown[] = [];
  const listener = (error: unknown): void => void uncaught.push(error);
  process.on("uncaughtException", listener);
  try {
    const session = await liveSession({ approval: '"on-request"', sandbox: "workspace-write" });
    const call = ev.call("c1", "exec_command", { cmd: "echo x", sandbox_permissions: "require_escalated" });
    const { events } = await session.call(call, "abort");
    expect(events.at(-1)).toMatchObject({ type: "turn_aborted" });
    // the second reply of the script is never asked for
    await expect(session[Symbol.asyncDispose]()).rejects.toThrow("never asked for");
    expect(uncaught).toEqual([]);
  } finally {
    process.off("uncaughtException", listener);
  }
});
