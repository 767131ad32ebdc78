import { callId, turnId } from "@codex/protocol";
import { describe, expect, it } from "vitest";
import { askEvent, OpenAsks } from "../../src/session/asks.js";

const command = { call_id: callId("c1"), turn_id: turnId("t1"), command: ["ls"], cwd: "/", parsed_cmd: [] };
const patch = { call_id: callId("c2"), turn_id: turnId("t1"), changes: {} };
const input = { call_id: callId("c3"), turn_id: turnId("t1"), questions: [] };

describe("open questions", () => {
  it("are answered by approval or call, and for input by turn", async () => {
    const { signal } = new AbortController();
    const asks = new OpenAsks();
    const answers = [
      asks.wait("exec_approval", { ...command, approval_id: "a1" }, signal),
      asks.wait("exec_approval", command, signal),
      asks.wait("patch_approval", patch, signal),
      asks.wait("user_input", input, signal),
    ];
    const response = { answers: { q: { answers: ["yes"] } } };
    const found = [
      asks.approvals.resolve("c1", "denied"),
      asks.approvals.resolve("a1", "approved"),
      asks.approvals.resolve("c2", "abort"),
      asks.approvals.resolve("t1", "approved"),
      asks.inputs.resolve("t1", response),
    ];
    expect(found).toEqual([true, true, true, false, true]);
    expect(await Promise.all(answers)).toEqual(["approved", "denied", "abort", response]);
  });

  it("are answered once, and not after their turn", async () => {
    const asks = new OpenAsks();
    const controller = new AbortController();
    const first = asks.wait("exec_approval", command, controller.signal);
    expect([asks.approvals.resolve("c1", "approved"), asks.approvals.resolve("c1", "denied")]).toEqual([true, false]);
    expect(await first).toBe("approved");
    const second = asks.wait("exec_approval", command, controller.signal);
    controller.abort(new Error("stopped"));
    await expect(second).rejects.toThrow("stopped");
    expect(asks.approvals.resolve("c1", "approved")).toBe(false);
    expect(() => asks.approvals.wait("c1", controller.signal)).toThrow("stopped");
  });

  it("go out as the event of their kind", () => {
    expect(askEvent("exec_approval", command).type).toBe("exec_approval_request");
    expect(askEvent("patch_approval", patch).type).toBe("apply_patch_approval_request");
    expect(askEvent("user_input", input).type).toBe("request_user_input");
  });
});
