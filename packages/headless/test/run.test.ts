import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callId, type EventMsg } from "@codex/protocol";
import { openLastMessageFile } from "../src/last-message.js";
import { runExec } from "../src/run.js";
import { CHANGES, FakeSession, TURN, begins, complete, failure, says, scripted, started } from "./fake-session.js";
import { BrokenWriter, MemoryWriter } from "./memory-writer.js";
import { run } from "./run-exec.js";

const text = (words: string) => [{ type: "text", text: words }];

describe("one turn", () => {
  it("submits the prompt, then shuts down at the end of the turn", async () => {
    const session = scripted([], complete(null));
    await run(session, { prompt: "hello" });
    expect(session.ops).toEqual([{ type: "user_input", items: text("hello") }, { type: "shutdown" }]);
  });

  it("passes the output schema on", async () => {
    const session = scripted([]);
    await run(session, { outputSchema: { type: "object" } });
    expect(session.ops[0]).toEqual({
      type: "user_input",
      items: text("fix it"),
      final_output_json_schema: { type: "object" },
    });
  });

  it("interrupts the turn when the signal aborts, and again says shutdown", async () => {
    const session = new FakeSession((op) => {
      if (op.type === "user_input") return [started(), begins("c1", ["sleep", "9"])];
      if (op.type === "interrupt") return [{ type: "turn_aborted", turn_id: TURN, reason: "interrupted" }];
      return op.type === "shutdown" ? [{ type: "shutdown_complete" }] : [];
    });
    const controller = new AbortController();
    const stdout = new MemoryWriter();
    const stderr = new MemoryWriter();
    const options = { session, prompt: "x", json: true, version: "1", colour: false, stdout, stderr };
    const running = runExec(options, controller.signal);
    controller.abort();
    expect(await running).toBe("interrupted");
    expect(session.ops.map((op) => op.type)).toEqual(["user_input", "interrupt", "shutdown"]);
  });

  it("ends quietly when the reader of --json goes away", async () => {
    const session = new FakeSession((op) => {
      if (op.type === "user_input") return [started(), begins("c1", ["sleep", "9"])];
      if (op.type === "interrupt") return [{ type: "turn_aborted", turn_id: TURN, reason: "interrupted" }];
      return op.type === "shutdown" ? [{ type: "shutdown_complete" }] : [];
    });
    const ran = await run(session, { json: true, stdout: new BrokenWriter(1) });
    expect(ran).toEqual({ outcome: "unread", stdout: "", stderr: "" });
    expect(session.ops.map((op) => op.type)).toEqual(["user_input", "interrupt", "shutdown"]);
  });

  it("finishes the work when only the final message finds no reader", async () => {
    const session = scripted([says("hi")], complete("hi"));
    expect((await run(session, { stdout: new BrokenWriter(0) })).outcome).toBe("unread");
    expect(session.ops.map((op) => op.type)).toEqual(["user_input", "shutdown"]);
  });

  it("reports a full disk under stdout as an error", async () => {
    const running = run(scripted([], complete("hi")), { stdout: new BrokenWriter(0, "ENOSPC") });
    await expect(running).rejects.toMatchObject({ code: "file_error", message: /standard output.*ENOSPC/ });
  });

  it("fails when the session ends before the turn does", async () => {
    const session = new FakeSession((op) => (op.type === "user_input" ? [{ type: "shutdown_complete" }] : []));
    const { outcome, stderr } = await run(session);
    expect(outcome).toBe("failed");
    expect(stderr).toContain("ERROR: the session ended before the turn did\n");
  });

  it("fails at once when the prompt is not accepted and no turn starts", async () => {
    const session = new FakeSession((op) => {
      if (op.type === "user_input") return [{ type: "error", message: "bad model" }];
      return op.type === "shutdown" ? [{ type: "shutdown_complete" }] : [];
    });
    const { outcome, stderr } = await run(session);
    expect(outcome).toBe("failed");
    expect(stderr.split("bad model")).toHaveLength(2);
  });

  it("fails a completed turn when the session cannot be put away, and adds nothing to a failed one", async () => {
    const closing = (end: EventMsg) =>
      new FakeSession((op) => {
        if (op.type === "user_input") return [started(), end];
        return op.type === "shutdown" ? [{ type: "error", message: "left over" }, { type: "shutdown_complete" }] : [];
      });
    const completed = await run(closing(complete("fine")));
    expect(completed).toMatchObject({ outcome: "failed", stdout: "" });
    expect(completed.stderr).toMatch(/ERROR: left over\n$/);
    const failed = await run(closing(failure("first")));
    expect(failed.outcome).toBe("failed");
    expect(failed.stderr).toMatch(/fix it\nERROR: first\n$/);
  });

  it("fails a turn in which an error was seen even if it completes", async () => {
    const session = scripted([{ type: "error", message: "half broken" }], complete("fine"));
    expect(await run(session)).toMatchObject({ outcome: "failed", stdout: "" });
  });
});

describe("questions", () => {
  it("denies each of them, says so and fails the run", async () => {
    const session = new FakeSession((op) => {
      if (op.type === "user_input") {
        return [
          started(),
          {
            type: "exec_approval_request",
            call_id: callId("c1"),
            approval_id: "a1",
            turn_id: TURN,
            command: ["rm", "x"],
            cwd: "/repo",
            parsed_cmd: [],
          },
        ];
      }
      if (op.type === "exec_approval" && op.id === "a1") {
        const network_approval_context = { host: "x.com", protocol: "https" };
        const about = { command: [], cwd: "/repo", parsed_cmd: [], network_approval_context };
        return [{ type: "exec_approval_request", call_id: callId("n1"), turn_id: TURN, ...about }];
      }
      if (op.type === "exec_approval") {
        return [{ type: "apply_patch_approval_request", call_id: callId("p1"), turn_id: TURN, changes: CHANGES }];
      }
      if (op.type === "patch_approval") return [complete(null)];
      return op.type === "shutdown" ? [{ type: "shutdown_complete" }] : [];
    });
    const { outcome, stderr } = await run(session);
    expect(session.ops.slice(1, 4)).toEqual([
      { type: "exec_approval", id: "a1", decision: "denied" },
      { type: "exec_approval", id: "n1", decision: "denied" },
      { type: "patch_approval", id: "p1", decision: "denied" },
    ]);
    expect(stderr).toContain("warning: denied, since codex exec has nobody to ask: rm x\n");
    expect(stderr).toContain("warning: denied, since codex exec has nobody to ask: https requests to x.com\n");
    expect(outcome).toBe("failed");
  });
});

describe("where the final message goes (live.md §1.1)", () => {
  const message = () => scripted([says("hi")], complete("hi"));

  it("prints it on stdout when one of the streams is no terminal", async () => {
    const stdout = new MemoryWriter({ isTTY: true });
    await run(message(), { stdout });
    expect(stdout.text).toBe("hi\n");
  });

  it("prints it only once when both are terminals", async () => {
    const stdout = new MemoryWriter({ isTTY: true });
    const stderr = new MemoryWriter({ isTTY: true });
    await run(message(), { stdout, stderr });
    expect(stdout.text).toBe("");
    expect(stderr.text).toContain("codex\nhi\n");
  });

  it("prints it as it is into a pipe and harmless onto a terminal", async () => {
    const evil = () => scripted([], complete("\u001b[31mred"));
    const stdout = new MemoryWriter({ isTTY: true });
    await run(evil(), { stdout });
    expect(stdout.text).toBe("red\n");
    expect((await run(evil())).stdout).toBe("\u001b[31mred\n");
  });
});

describe("-o (live.md §1.5)", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "codex-last-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("holds the message without a newline, in place of what was there", async () => {
    const path = join(folder, "out");
    await writeFile(path, "something longer than the message");
    await using lastMessage = await openLastMessageFile(path);
    await run(scripted([], complete("hi")), { lastMessage });
    expect(await readFile(path, "utf8")).toBe("hi");
  });

  it("is emptied with a warning when there was no message", async () => {
    const path = join(folder, "out");
    await writeFile(path, "old");
    await using lastMessage = await openLastMessageFile(path);
    const { stderr } = await run(scripted([], complete(null)), { lastMessage });
    expect(await readFile(path, "utf8")).toBe("");
    expect(stderr).toContain(`warning: there was no final message; ${path} is empty now\n`);
  });

  it("keeps its old content when the run fails", async () => {
    const path = join(folder, "out");
    await writeFile(path, "old");
    await using lastMessage = await openLastMessageFile(path);
    await run(scripted([], failure("no")), { lastMessage });
    expect(await readFile(path, "utf8")).toBe("old");
  });

  it("fails before the run when the path cannot be written", async () => {
    const opening = openLastMessageFile(join(folder, "missing", "out"));
    await expect(opening).rejects.toMatchObject({ code: "file_error" });
  });
});
