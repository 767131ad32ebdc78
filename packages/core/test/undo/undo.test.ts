import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { treeOf, undoRig } from "./session-rig.js";

const files = (root: string): string => treeOf(root);

describe("undo in a session", () => {
  it("forgets a turn once all that it did to files is taken back, and knows it again after redo, in another process too", async () => {
    await using rig = await undoRig();
    rig.sh("echo one > a; echo two > b");
    const before = files(rig.root);
    const first = await rig.open();
    await first.turn("echo changed > a", "rm b");
    const after = files(rig.root);
    expect(await first.undo()).toMatchObject({ success: true, report: { steps: [{ step: 2 }] } });
    expect(readFileSync(join(rig.root, "b"), "utf8")).toBe("two\n");
    expect(await first.undo()).toMatchObject({ success: true, num_turns: 1 });
    expect(files(rig.root)).toBe(before);
    const { id } = first.session;
    await first[Symbol.asyncDispose]();
    await using second = await rig.open(id);
    expect(await second.redo({ steps: 2 })).toMatchObject({ success: true, num_turns: 1 });
    expect(files(rig.root)).toBe(after);
    await second.turn("true");
    expect(JSON.stringify(rig.requests().at(-2))).toContain("please 2");
  });

  it("of files alone tells the model, and of the conversation alone leaves the files", async () => {
    await using rig = await undoRig();
    rig.sh("echo one > a");
    await using open = await rig.open();
    await open.turn("echo changed > a");
    await open.undo({ scope: "files" });
    await open.turn("echo again > a");
    expect(JSON.stringify(rig.requests().at(-1))).toContain("<files_restored>");
    expect(await open.undo({ scope: "conversation", steps: 2 })).toMatchObject({ success: true, num_turns: 2 });
    expect(readFileSync(join(rig.root, "a"), "utf8")).toBe("again\n");
  });

  it("previews, reports conflicts, and says what is wrong", async () => {
    await using rig = await undoRig();
    rig.sh("echo one > a");
    await using open = await rig.open();
    expect(await open.undo()).toMatchObject({
      success: false,
      message: "there is no step to undo: this session has changed no file",
    });
    await open.turn("echo changed > a; echo new > n");
    expect(await open.preview()).toMatchObject({
      changes: [{ change: "M", bytes: 4 }, { change: "D" }],
      conflicts: [],
    });
    rig.sh("echo mine > a");
    const done = await open.undo({ scope: "files" });
    expect(done.report).toMatchObject({ changes: [{ change: "D" }], conflicts: [{ reason: "changed since" }] });
    expect(readFileSync(join(rig.root, "a"), "utf8")).toBe("mine\n");
  });

  it("takes back a command of the person's own, and one that only reads is no step", async () => {
    await using rig = await undoRig();
    rig.sh("echo one > a; mkdir d; echo two > d/b");
    const before = files(rig.root);
    await using open = await rig.open();
    for (const command of ["rm -rf d; echo changed > a", "cat a"]) {
      open.session.submit({ type: "run_user_shell_command", command });
      await open.until("task_complete");
    }
    expect(files(rig.root)).not.toBe(before);
    expect(await open.undo()).toMatchObject({ success: true, report: { steps: [{ step: 1 }] } });
    expect(files(rig.root)).toBe(before);
    expect(await open.undo()).toMatchObject({ success: false });
  });

  it("is off where the configuration says so", async () => {
    await using rig = await undoRig({ config: "undo.enabled = false" });
    rig.sh("echo one > a");
    await using open = await rig.open();
    await open.turn("rm a");
    open.session.submit({ type: "list_undo_steps" });
    const message = "no files are kept for undo: undo.enabled is false";
    expect((await open.until("error")).at(-1)).toMatchObject({ message });
    expect(await open.undo()).toMatchObject({ success: false, message });
  });
});
