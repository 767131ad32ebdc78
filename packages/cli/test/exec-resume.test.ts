import { readdirSync, readFileSync, truncateSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ev, workspace } from "@codex/test-support";
import { codex } from "./codex.js";
import { setStage } from "./stage.js";

const stage = setStage();

function say(text: string) {
  return [ev.message(text), ev.completed()];
}

function sessions(): readonly string[] {
  return readdirSync(stage.home.path, { recursive: true, encoding: "utf8" })
    .filter((name) => path.basename(name).startsWith("rollout-"))
    .map((name) => path.join(stage.home.path, name));
}

function idOf(file: string | undefined): string {
  return /([0-9a-f-]{36})\.jsonl$/.exec(file ?? "")?.[1] ?? "";
}

/** The words of a request: who said what. */
function spoken(index: number): readonly string[] {
  const body: unknown = stage.server.requests[index]?.body;
  const input: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "input") : [];
  const texts = (Array.isArray(input) ? input : []).flatMap((item: unknown) => {
    const text = JSON.stringify(item);
    const words = /"text":"([^"]*)"/.exec(text)?.[1] ?? "";
    return words.startsWith("<") ? [] : [words];
  });
  return texts;
}

describe("codex exec resume", () => {
  it("goes on with a session by id: same file, same id, its whole history", async () => {
    stage.server.answer(say("one"), say("two"));
    await codex(["exec", "first"], stage.options());
    const [file] = sessions();
    const opening: unknown = JSON.parse(readFileSync(file ?? "", "utf8").split("\n")[0] ?? "");
    const git = { branch: "main", commit_hash: expect.stringMatching(/^[0-9a-f]{40}$/) };
    expect(opening).toMatchObject({ type: "session_meta", payload: { cwd: stage.project.path, git } });
    const ran = await codex(["exec", "--json", "resume", idOf(file), "second"], stage.options());
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(ran.stdout.split("\n")[0] ?? "")).toEqual({ type: "thread.started", thread_id: idOf(file) });
    expect(spoken(1)).toEqual(["first", "one", "second"]);
    expect(sessions()).toEqual([file]);
  });

  it("takes the newest of this directory with --last, of any with --all", async () => {
    await using other = await workspace({ git: true });
    stage.server.answer(say("one"), say("two"), say("three"), say("four"));
    await codex(["exec", "here"], stage.options());
    await codex(["exec", "there"], stage.options({ cwd: other.path }));
    await codex(["exec", "resume", "--last", "more"], stage.options());
    expect(spoken(2)).toEqual(["here", "one", "more"]);
    await codex(["exec", "resume", "--last", "--all", "again"], stage.options({ cwd: other.path }));
    expect(spoken(3)).toEqual(["here", "one", "more", "three", "again"]);
  });

  it("reads the prompt from stdin when there is none, and leaves stdin alone when there is one", async () => {
    stage.server.answer(say("one"), say("two"), say("three"));
    await codex(["exec", "first"], stage.options());
    await codex(["exec", "resume", idOf(sessions()[0])], stage.options({ stdin: "from stdin" }));
    expect(spoken(1).at(-1)).toBe("from stdin");
    await codex(["exec", "resume", "--last", "given"], stage.options({ stdin: "not this" }));
    expect(spoken(2).at(-1)).toBe("given");
  });

  it("takes a session whose last line is torn", async () => {
    stage.server.answer(say("one"), say("two"));
    await codex(["exec", "first"], stage.options());
    const file = sessions()[0] ?? "";
    truncateSync(file, readFileSync(file).length - 7);
    expect(await codex(["exec", "resume", idOf(file), "second"], stage.options())).toMatchObject({ code: 0 });
    expect(spoken(1)).toEqual(["first", "one", "second"]);
  });

  it("goes by a name that was given to a session", async () => {
    stage.server.answer(say("one"), say("two"));
    await codex(["exec", "first"], stage.options());
    await stage.home.write(
      "session_index.jsonl",
      `${JSON.stringify({ id: idOf(sessions()[0]), thread_name: "mine" })}\n`,
    );
    await codex(["exec", "resume", "mine", "second"], stage.options());
    expect(spoken(1)).toEqual(["first", "one", "second"]);
  });

  it("fails for an id that nobody has; starts anew, and says so, when a name or --last finds nothing", async () => {
    const unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    const failed = await codex(["exec", "resume", unknown, "hi"], stage.options());
    expect(failed).toEqual({ code: 1, stdout: "", stderr: `error: no session found with the id ${unknown}\n` });
    stage.server.answer(say("new"), say("newer"));
    const named = await codex(["exec", "resume", "nobody", "hi"], stage.options());
    expect(named.stderr).toContain("There is no session for nobody: starting a new one.");
    await using other = await workspace({ git: true });
    expect(await codex(["exec", "resume", "--last", "hi"], stage.options({ cwd: other.path }))).toMatchObject({
      code: 0,
    });
    expect(sessions()).toHaveLength(2);
  });

  it("refuses what it does not understand", async () => {
    expect(await codex(["exec", "resume", "--last", "a", "b"], stage.options())).toMatchObject({ code: 2, stdout: "" });
    expect(await codex(["exec", "fork"], stage.options())).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("codex exec fork", () => {
  it("begins a session of its own with the history of another, which stays as it is", async () => {
    stage.server.answer(say("one"), say("two"));
    await codex(["exec", "first"], stage.options());
    const file = sessions()[0] ?? "";
    const before = readFileSync(file, "utf8");
    expect(await codex(["exec", "fork", idOf(file), "second"], stage.options())).toMatchObject({ code: 0 });
    expect(spoken(1)).toEqual(["first", "one", "second"]);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(sessions()).toHaveLength(2);
  });
});
