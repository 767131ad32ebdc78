import { fakeEnvironment, say, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { readDocsOnTheWay } from "../../src/prompt/project-docs.js";
import { touchedPaths } from "../../src/prompt/touched-paths.js";
import { brief } from "../rollout/lines.js";
import { testEngine } from "../support/engine.js";

const { signal } = new AbortController();
const OPTIONS = { max_bytes: 1000, fallback_names: ["NOTES.md"], root_markers: [".git"] };
const FILES = {
  "/work/.git/HEAD": "",
  "/work/AGENTS.md": "root",
  "/work/app/AGENTS.md": "app",
  "/work/app/ui/AGENTS.override.md": "ui",
  "/work/lib/NOTES.md": "lib",
  "/work/app/empty/AGENTS.md": " \n",
  "/outside/AGENTS.md": "outside",
};

function call(name: string, args: object) {
  return { type: "function_call", call_id: "c", name, arguments: JSON.stringify(args) } as const;
}

describe("where calls work", () => {
  it.each([
    ["a working directory", call("exec_command", { cmd: "ls", workdir: "app" }), ["/work/app"]],
    ["paths in a command", call("exec_command", { cmd: "cat app/a.ts | head" }), ["/work", "/work/app/a.ts"]],
    ["a change of directory", call("exec_command", { cmd: "cd app && ls" }), ["/work", "/work/app"]],
    ["words of an argv", call("shell", { command: ["sed", "-n", "1p", "lib/x"] }), ["/work", "/work/lib/x"]],
    ["nothing readable", { ...call("x", {}), arguments: "{oops" }, ["/work"]],
  ])("%s", (_what, item, paths) => {
    expect(touchedPaths([item], "/work")).toEqual(paths);
  });

  it("files of patches, by either tool", () => {
    const patch =
      "*** Begin Patch\n*** Add File: app/new.ts\n+x\n*** Update File: lib/a\n*** Move to: lib/b\n*** End Patch";
    const custom = { type: "custom_tool_call", call_id: "c", name: "apply_patch", input: patch } as const;
    const wanted = ["/work/app/new.ts", "/work/lib/a", "/work/lib/b"];
    expect(touchedPaths([custom], "/work")).toEqual(wanted);
    expect(touchedPaths([call("shell", { command: ["apply_patch", patch] })], "/work")).toEqual(
      expect.arrayContaining(wanted),
    );
  });
});

describe("AGENTS.md of folders on the way", () => {
  const { files } = fakeEnvironment({ files: FILES });
  const find = async (paths: readonly string[], cwd = "/work", told = new Set<string>()) =>
    (await readDocsOnTheWay(files, { paths, cwd, told }, OPTIONS, signal)).map(({ text }) => text);

  it("are given outer before inner, each once", async () => {
    const told = new Set<string>();
    expect(await find(["/work/app/ui/a.ts", "/work/app/b.ts", "/work/lib/x"], "/work", told)).toEqual([
      "app",
      "ui",
      "lib",
    ]);
    expect(await find(["/work/app/ui/a.ts"], "/work", told)).toEqual([]);
  });

  it("leave out what the model has already, what is empty, and what lies outside the project", async () => {
    expect(await find(["/work/a", "/work/app/empty/x", "/outside/x", "/"], "/work/app")).toEqual([]);
    expect(await find(["/work/lib/x"], "/work/app/ui")).toEqual(["lib"]);
  });

  it("are off when project instructions are", async () => {
    const off = { ...OPTIONS, max_bytes: 0 };
    expect(
      await readDocsOnTheWay(files, { paths: ["/work/app/x"], cwd: "/work", told: new Set() }, off, signal),
    ).toEqual([]);
  });

  it("reach the model with the outputs of the step that went there, once", async () => {
    const environment = fakeEnvironment({ files: FILES });
    const model = scriptedModel([
      [say.call("c1", "exec_command", { cmd: "cat app/a.ts" })],
      [say.call("c2", "exec_command", { cmd: "cat app/b.ts" })],
      say.message("done"),
    ]);
    const told = new Set<string>();
    const engine = await testEngine({
      model,
      environment,
      context: {
        docsOnTheWay: (paths, cwd, until) => readDocsOnTheWay(environment.files, { paths, cwd, told }, OPTIONS, until),
      },
    });
    await engine.ask("go");
    expect(brief(model.prompts[1]?.input ?? []).at(-1)).toBe(
      "user: # AGENTS.md instructions for /work/app\n\n<INSTRUCTIONS>\napp\n</INSTRUCTIONS>",
    );
    expect(brief(model.prompts[2]?.input ?? []).filter((text) => text.includes("/work/app\n"))).toHaveLength(1);
  });
});
