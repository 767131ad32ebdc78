import type { ResolvedPolicy } from "@codex/protocol";
import { describe, expect, it } from "vitest";

import { STATUS_FD, confine, describeGuarantees, fileServer, readStatus, unconfined } from "../src/index.js";
import { chooseLayers, findHelper, probe } from "../src/index.js";
import type { Confinement, Probe } from "../src/index.js";
import { KERNELS, consenting, denying, failure, readOnly, whole, writing } from "./support/kernels.js";
import { NEVER, buildHelper, command } from "./support/sandbox.js";

function choose(resolved: ResolvedPolicy, facts: Probe): string {
  try {
    return chooseLayers(resolved, facts);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe("what holds a policy", () => {
  it.each(Object.entries(KERNELS))("on a kernel with %s", (_name, { facts, answers }) => {
    const policies = [readOnly, writing, consenting, denying];
    for (const [index, policy] of policies.entries()) {
      const said = choose(policy, facts);
      expect(said).toContain(answers[index]);
      expect(said).not.toContain("\n");
      if (said !== "namespaces" && said !== "landlock") expect(said).toContain("external-sandbox");
    }
  });

  it("is never asked for policies that are not ours to hold", () => {
    const danger: ResolvedPolicy = { ...readOnly, policy: { type: "danger-full-access" } };
    expect(() => chooseLayers(danger, whole)).toThrow(/not enforced by this sandbox/);
    const external: ResolvedPolicy = {
      ...readOnly,
      policy: { type: "external-sandbox", network_access: "restricted" },
    };
    expect(() => chooseLayers(external, whole)).toThrow(/not enforced by this sandbox/);
  });

  it("is told in one line", () => {
    expect(describeGuarantees(whole, "namespaces", writing)).toBe(
      "files: read-only mounts + Landlock ABI 7; network: none, own loopback; system calls: seccomp",
    );
    expect(describeGuarantees(whole, "namespaces", { ...writing, network: true })).toContain("network: the host's");
    expect(describeGuarantees({ ...whole, network: failure("network") }, "namespaces", writing)).toContain(
      "no sockets",
    );
    expect(describeGuarantees(whole, "landlock", consenting)).toMatch(/NOT protected here: \.git/);
    expect(describeGuarantees(whole, "landlock", readOnly)).not.toContain("NOT");
    expect(describeGuarantees(whole, "namespaces", { ...denying, secrets: ["/s"] })).toContain("unreadable: 2 paths");
  });

  it("never lets known secrets decide, but says where they cannot be hidden", () => {
    const hiding: ResolvedPolicy = { ...readOnly, secrets: ["/home/me/.ssh", "/home/me/.aws"] };
    const poor = { ...whole, namespaces: failure("namespaces") };
    expect(chooseLayers(hiding, poor)).toBe("landlock");
    const line = describeGuarantees(poor, "landlock", hiding);
    expect(line).toContain("NOT protected here: known secrets, which commands CAN READ: /home/me/.ssh and 1 more");
    expect(line).not.toContain("unreadable");
    const confinement: Confinement = { helper: "/h", resolved: hiding, layers: "landlock", guarantees: line };
    expect(confine(confinement, command("/w", "ls"))).not.toContain("--deny");
    expect(confine({ ...confinement, layers: "namespaces" }, command("/w", "ls"))).toContain("/home/me/.ssh");
  });
});

describe("argument lists", () => {
  const confinement: Confinement = { helper: "/h", resolved: denying, layers: "namespaces", guarantees: "" };
  const ties = ["--status-fd", String(STATUS_FD), "--parent", String(process.pid)];

  it("carry the policy, roots shallow first, before the command", () => {
    expect(confine(confinement, command("/w", "ls", "--", "-l"))).toEqual([
      ...["/h", "run", ...ties, "--cwd", "/w"],
      ...["--write", "/tmp", "--read-only", "/tmp/.git"],
      ...["--write", "/w", "--read-only", "/w/.codex", "--read-only", "/w/.git"],
      ...["--deny", "/home/me/.ssh", "--", "ls", "--", "-l"],
    ]);
  });

  it("say when there are no namespaces, and then name nothing that needs them", () => {
    const words = confine({ ...confinement, resolved: consenting, layers: "landlock" }, command("/w", "ls"));
    expect(words).toContain("--without-namespaces");
    expect(words).not.toContain("--read-only");
  });

  it("open the network only where the policy does", () => {
    const open = { ...confinement, resolved: { ...readOnly, network: true } };
    expect(confine(open, command("/w", "ls"))).toContain("--network");
    expect(confine(confinement, command("/w", "ls"))).not.toContain("--network");
  });

  it("ask for no status descriptor with a terminal", () => {
    const words = unconfined("/h", { argv: ["vi"], cwd: "/w", tty: true });
    expect(words).toEqual(["/h", "unconfined", "--tty", "--parent", String(process.pid), "--cwd", "/w", "--", "vi"]);
  });

  it("start a file server with the same policy", () => {
    expect(fileServer(confinement).slice(0, 6)).toEqual(["/h", "files", ...ties]);
    expect(fileServer(confinement)).toContain("--deny");
  });
});

describe("the status line", () => {
  it("is nothing when the command was started", () => {
    expect(readStatus("")).toBeUndefined();
  });

  it("tells what could not be set up, with the error", () => {
    const line = '{"code":"sandbox_unavailable","stage":"mounts","errno":"EPERM","message":"cannot mount /w"}\n';
    expect(readStatus(line)).toEqual({
      code: "sandbox_unavailable",
      message: "the sandbox could not be set up: cannot mount /w (EPERM)",
    });
  });

  it.each(["x", "{}", '{"code":1}', "null\n"])("is a failure when it is not understood: %s", (text) => {
    expect(readStatus(text)?.code).toBe("sandbox_unavailable");
  });
});

describe("the helper", () => {
  it("is found, or what to do is said", () => {
    expect(findHelper(buildHelper())).toBe(buildHelper());
    expect(() => findHelper("/no/such/helper")).toThrow(/not an executable file/);
  });

  it("is asked once, and one caller's abort does not spoil it for another", async () => {
    const helper = buildHelper();
    const controller = new AbortController();
    const copy = `${helper}.no-such-file`;
    const first = probe(helper, controller.signal);
    const second = probe(helper, NEVER);
    controller.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(await second).toMatchObject({ landlock: expect.any(Number) });
    await expect(probe(copy, NEVER)).rejects.toMatchObject({ code: "sandbox_unavailable" });
  });

  it("is recognised when it is something else", async () => {
    await expect(probe("/bin/echo", NEVER)).rejects.toThrow(/is not the sandbox helper/);
  });
});
