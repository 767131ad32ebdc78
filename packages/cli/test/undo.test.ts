import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ev, workspace } from "@codex/test-support";
import { codex, type Ran, startCodex } from "./codex.js";
import { setStage } from "./stage.js";

const stage = setStage({ files: { "a.txt": "old\n", "src/x.js": "x\n", "src/in/y.js": "y\n" } });

function run(...args: readonly string[]): Promise<Ran> {
  return codex(args, stage.options());
}

/** One session whose steps run these scripts, from files: a removal on the command line would be refused. */
async function session(scripts: readonly string[], sandbox = "workspace-write"): Promise<string> {
  const steps = scripts.map((script, at) => {
    const file = path.join(stage.home.path, `script-${at}`);
    writeFileSync(file, script);
    return [ev.call(`call_${at}`, "exec_command", { cmd: `bash ${file}` }), ev.completed()];
  });
  stage.server.answer(...steps, [ev.message("done"), ev.completed()]);
  const ran = await run("exec", "--skip-git-repo-check", "-s", sandbox, "clean up");
  expect(ran.code).toBe(0);
  return /session id: (\S+)/.exec(ran.stderr)?.[1] ?? "";
}

const at = (name: string): string => path.join(stage.project.path, name);
const read = (name: string): string => readFileSync(at(name), "utf8");
const files = (): string =>
  execFileSync("bash", ["-c", "find . -path ./.git -prune -o -print0 | sort -z | xargs -0 ls -ld --time-style=+"], {
    cwd: stage.project.path,
    encoding: "utf8",
  }) + read("a.txt");
const failure = (message: string): Ran => ({ code: 1, stdout: "", stderr: `error: ${message}\n` });
const CLEAN = ["rm -rf src; sed -i s/old/new/ a.txt", "cat a.txt", "echo made > b.txt"];

describe("codex undo and redo", () => {
  it("take steps back and make them again, preview and list them, and know which turns that concerns", async () => {
    const before = files();
    await session(CLEAN);
    const after = files();
    const listed = await run("undo", "--list");
    expect(listed.stdout).toMatch(
      /^2 {2}\S+ {2}0 added, 1 modified, 4 deleted\n1 {2}\S+ {2}1 added, 0 modified, 0 deleted\n$/,
    );
    expect(await run("undo", "--preview")).toEqual({ code: 0, stdout: `D ${at("b.txt")}\n`, stderr: "" });
    expect((await run("undo", "--preview", "--steps", "2")).stdout).toBe(
      [
        `M ${at("a.txt")} (4 bytes)`,
        `D ${at("b.txt")}`,
        `A ${at("src")}`,
        `A ${at("src/in")}`,
        `A ${at("src/in/y.js")} (2 bytes)`,
        `A ${at("src/x.js")} (2 bytes)`,
        "turns of the conversation: 1\n",
      ].join("\n"),
    );
    expect(files()).toBe(after);
    expect((await run("undo")).stdout).toBe(`D ${at("b.txt")}\n1 step undone: 1 path changed\n`);
    expect((await run("undo", "--list")).stdout).toMatch(/^1 {2}.*\n- {2}.*\(undone\)\n$/);
    expect((await run("undo")).stdout).toContain("1 step undone: 5 paths changed, 1 turn forgotten\n");
    expect(files()).toBe(before);
    expect(await run("undo")).toEqual(failure("there is no step to undo: all 2 are undone already"));
    const redone = await run("redo", "--steps", "2", "--json");
    expect(JSON.parse(redone.stdout)).toMatchObject({ success: true, num_turns: 1, report: { conflicts: [] } });
    expect(files()).toBe(after);
    expect(await run("redo")).toEqual(failure("there is no step to redo: none is undone"));
  });

  it("leave the conversation, or the files, as they are when asked to", async () => {
    const before = files();
    await session(CLEAN);
    const after = files();
    expect((await run("undo", "--files-only", "--steps", "2")).stdout).toMatch(/2 steps undone: 6 paths changed\n$/);
    expect(files()).toBe(before);
    await run("redo", "--files-only", "--steps", "2");
    expect(await run("undo", "--conversation-only")).toMatchObject({ code: 0, stdout: "1 turn forgotten\n" });
    expect(files()).toBe(after);
    expect(await run("redo", "--conversation-only")).toMatchObject({ code: 0, stdout: "1 turn known again\n" });
    const both = await run("undo", "--files-only", "--conversation-only");
    expect(both).toMatchObject({ code: 2, stdout: "" });
    expect(await run("undo", "--steps", "0")).toEqual(failure("at least one step has to be named"));
  });

  it("leave what somebody changed since, say so with exit code 1, and overwrite it as they say", async () => {
    await session(["echo model > a.txt; rm src/x.js"]);
    appendFileSync(at("a.txt"), "mine\n");
    const conflict = `A ${at("src/x.js")} (2 bytes)\nconflict: ${at("a.txt")}: changed since\n`;
    expect((await run("undo", "--preview")).stdout).toContain(conflict);
    const undone = await run("undo");
    expect(undone).toMatchObject({ code: 1, stderr: expect.stringContaining("codex redo, then codex undo --force") });
    expect(undone.stdout).toMatch(`${conflict}1 step undone: 1 path changed, 1 conflict left as it is`);
    expect(read("a.txt")).toBe("model\nmine\n");
    expect(await run("redo")).toMatchObject({ code: 1 });
    expect(await run("undo", "--force")).toMatchObject({ code: 0, stderr: "" });
    expect([read("a.txt"), read("src/x.js")]).toEqual(["old\n", "x\n"]);
  });

  it("bring the repository's own folder back, and make it no second time that it goes", async () => {
    await session(["rm -rf .git"], "danger-full-access");
    expect((await run("undo", "--list")).stdout).toMatch(/^1 .* 0 modified, 1 deleted\n$/);
    expect((await run("undo", "--preview", "--files-only")).stdout).toBe(`A ${at(".git")}\n`);
    const undone = await run("undo", "--files-only");
    expect(undone).toEqual({ code: 0, stdout: `A ${at(".git")}\n1 step undone: 1 path changed\n`, stderr: "" });
    expect(execFileSync("git", ["log", "--oneline"], { cwd: stage.project.path, encoding: "utf8" })).toMatch(/^\w+ /);
    const stays = `not covered: ${at(".git")}: stays: redo removes no repository\n`;
    const redone = await run("redo", "--files-only");
    expect(redone).toMatchObject({
      code: 1,
      stdout: `${stays}1 step made again: 0 paths changed, 1 path not covered\n`,
    });
    expect(existsSync(at(".git/HEAD"))).toBe(true);
  });
});

describe("a session", () => {
  it("that removed the folder it worked in is taken back from that folder, and from elsewhere", async () => {
    const id = await session(["cd /; rm -rf $OLDPWD"], "danger-full-access");
    expect(existsSync(stage.project.path)).toBe(false);
    const elsewhere = stage.options({ cwd: stage.home.path });
    const undone = await codex(["undo", "--session", id], elsewhere);
    expect(undone).toMatchObject({ code: 0, stderr: "" });
    expect(execFileSync("git", ["status", "--porcelain"], { cwd: stage.project.path, encoding: "utf8" })).toBe("");
    expect(await codex(["redo", "--session", id], elsewhere)).toMatchObject({ code: 1 });
    expect(readdirSync(stage.project.path)).toEqual([".git"]);
    expect(await run("undo")).toMatchObject({ code: 0 });
  });

  it("of another machine has kept no file, which is said without asking that machine", async () => {
    await session(["true"]);
    const settings = (await stage.home.read("config.toml")) ?? "";
    await stage.home.write("config.toml", `${settings}\n[environment]\ntype = "ssh"\nhost = "nowhere.invalid"\n`);
    const hint = `; files of commands on nowhere.invalid (environment.type = "ssh") are not kept: --conversation-only works`;
    expect(await run("undo")).toEqual(failure(`there is no step to undo: this session has changed no file${hint}`));
    expect((await run("undo", "--list")).stdout).toBe(`No step of this session has changed a file${hint}.\n`);
    expect(await run("undo", "--conversation-only")).toMatchObject({ code: 0 });
  });
});

describe("the session that is meant", () => {
  it("is the newest of the directory, or the one that is named, from anywhere", async () => {
    const none = `no session has worked in ${stage.project.path}, or it was ephemeral`;
    expect(await run("undo")).toEqual(failure(none));
    const id = await session(CLEAN);
    await using other = await workspace({ git: true });
    const there = { cwd: other.path, env: { CODEX_HOME: stage.home.path } };
    const last = `the last one worked in ${stage.project.path}: name it with --session ${id}`;
    expect((await codex(["undo"], there)).stderr).toContain(`worked in ${other.path}, or it was ephemeral; ${last}\n`);
    expect(await codex(["undo", "--session", id], there)).toMatchObject({ code: 0 });
    expect(existsSync(at("b.txt"))).toBe(false);
    expect(readdirSync(other.path)).toEqual([".git"]);
    const unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    expect(await run("undo", "--session", unknown)).toEqual(failure(`no session found with the id ${unknown}`));
    expect(await run("undo", "--session", "nobody")).toEqual(failure("no session has the name nobody"));
  });

  it("is left alone while another program writes it", async () => {
    const id = await session(CLEAN);
    const asked = new Promise<void>((resolve) => {
      stage.server.answer({ type: "decided", decide: () => (resolve(), { type: "silence" }) });
    });
    const busy = startCodex(["exec", "resume", id, "more"], stage.options());
    await asked;
    const refused = await run("undo");
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("is open already");
    expect(existsSync(at("b.txt"))).toBe(true);
    busy.child.kill("SIGINT");
    await busy.done;
    expect(await run("undo")).toMatchObject({ code: 0 });
  });
});
