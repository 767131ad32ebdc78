import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ev, standInProgram } from "@codex/test-support";
import { codex } from "./codex.js";
import { setStage } from "./stage.js";

const stage = setStage({ files: { "a.txt": "old\n", "AGENTS.md": "Mind the container.\n" } });

function exec(image: string) {
  const source = new URL("../../exec/test/fixtures/docker-stand-in.ts", import.meta.url);
  const client = JSON.stringify([process.execPath, standInProgram(source, stage.home.path)]);
  const state = join(stage.home.path, "containers");
  mkdirSync(state);
  const place = ["environment.type=docker", `environment.image=${image}`, `environment.client=${client}`];
  const flags = place.flatMap((setting) => ["-c", setting]);
  return codex(["exec", "-s", "workspace-write", ...flags, "go"], stage.options({ env: { STAND_IN: state } }));
}

it("a session in a container runs, patches and reads there, and leaves no container", { timeout: 60_000 }, async () => {
  const patch = "*** Begin Patch\n*** Update File: a.txt\n@@\n-old\n+new\n*** End Patch\n";
  stage.server.answer([
    ev.call("one", "shell_command", { command: "echo image $IMAGE; touch .git/no; touch made" }),
    ev.completed(),
  ]);
  stage.server.answer([ev.customCall("two", "apply_patch", patch), ev.completed()]);
  stage.server.answer([ev.message("done"), ev.completed()]);
  const ran = await exec("here");
  expect([ran.code, ran.stdout]).toEqual([0, "done\n"]);
  expect(ran.stderr).toContain("image here");
  expect(ran.stderr).toContain("touch: cannot touch '.git/no': Read-only file system");
  expect(readFileSync(join(stage.project.path, "a.txt"), "utf8")).toBe("new\n");
  expect(readdirSync(stage.project.path).sort()).toEqual([".git", "AGENTS.md", "a.txt", "made"]);
  expect(readdirSync(join(stage.home.path, "containers")).filter((name) => name.endsWith(".pid"))).toEqual([]);
  expect(JSON.stringify(stage.server.requests[0]?.body)).toContain("Mind the container.");
});

it(
  "what a container did is taken back without one, also what it made as somebody else",
  { timeout: 60_000 },
  async () => {
    const command =
      "mkdir deep; echo x > deep/x; chmod 0 deep/x; rm AGENTS.md; echo changed > a.txt; chown -R 4711 deep || true";
    stage.server.answer([ev.call("one", "shell_command", { command }), ev.completed()]);
    stage.server.answer([ev.message("done"), ev.completed()]);
    expect(await exec("here")).toMatchObject({ code: 0 });
    expect(readdirSync(stage.project.path).sort()).toEqual([".git", "a.txt", "deep"]);
    const undone = await codex(["undo"], stage.options());
    expect(undone).toMatchObject({ code: 0, stderr: "" });
    expect(undone.stdout).toContain("1 step undone: 4 paths changed, 1 turn forgotten\n");
    expect(readdirSync(stage.project.path).sort()).toEqual([".git", "AGENTS.md", "a.txt"]);
    expect(readFileSync(join(stage.project.path, "a.txt"), "utf8")).toBe("old\n");
  },
);

it("a place that cannot be had is one line, before anything is asked of a model", { timeout: 60_000 }, async () => {
  const ran = await exec("no-such-image:1");
  expect(ran.code).not.toBe(0);
  expect(ran.stderr).toMatch(/error: there is no image no-such-image:1 here: \S+ pull no-such-image:1 \(.*\)\n$/);
  expect(stage.server.requests).toHaveLength(0);
});
