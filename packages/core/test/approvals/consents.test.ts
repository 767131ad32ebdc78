import type { Action } from "@codex/protocol";
import { describe, expect, it } from "vitest";
import { testApprovals } from "../support/approvals.js";

const exec = (argv: readonly string[], more: object = {}): Action => {
  return { type: "exec", argv, cwd: "/w", tty: false, environment_id: "x", permissions: "default", ...more };
};

describe("what a session remembers", () => {
  it("is the last thousand commands, and nothing but commands", () => {
    const { consents } = testApprovals();
    for (let count = 0; count < 1005; count += 1) consents.note(exec(["echo", String(count)]));
    consents.note({ type: "patch", changes: {} });
    expect([consents.earlier.length, consents.earlier[0], consents.earlier.at(-1)]).toEqual([
      1000,
      ["echo", "5"],
      ["echo", "1004"],
    ]);
  });

  it("covers the same command only in the same place, way and manner", () => {
    const { consents } = testApprovals();
    consents.allowForSession(exec(["bash", "-lc", "git push"]));
    expect(consents.cover(exec(["git", "push"]))).toBe(true);
    const others = [{ cwd: "/" }, { tty: true }, { permissions: "escalated" }, { environment_id: "y" }];
    for (const other of others) expect(consents.cover(exec(["git", "push"], other))).toBe(false);
    for (const script of ["git push; rm x", "git push $(x)", "git push > y", "git push -f"]) {
      expect(consents.cover(exec(["bash", "-lc", script]))).toBe(false);
    }
  });

  it("covers tools and hosts one by one, and nothing that changes nothing", () => {
    const { consents } = testApprovals();
    const tool = (name: string): Action => ({ type: "mcp_call", server: "s", tool: name, hints: {} });
    const host = (name: string): Action => ({ type: "network", host: name, protocol: "https" });
    consents.allowForSession(tool("a"));
    consents.allowForSession(host("a"));
    expect([consents.cover(tool("a")), consents.cover(tool("b"))]).toEqual([true, false]);
    expect([consents.cover(host("a")), consents.cover(host("b"))]).toEqual([true, false]);
    expect(consents.cover({ type: "patch", changes: {} })).toBe(false);
  });
});
