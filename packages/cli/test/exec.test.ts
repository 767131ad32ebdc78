import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { ev, mockProviderConfig, workspace } from "@codex/test-support";
import type { DrivenStream } from "@codex/test-support";
import { builtFolder, codex, startCodex } from "./codex.js";
import { field, jsonLines } from "./json-text.js";
import { setStage } from "./stage.js";

const stage = setStage();

const hello = [ev.message("hello there"), ev.completed()];

/** The text of the last user message of a request. */
function promptOf(body: unknown): unknown {
  const input = field(body, "input");
  return field(Array.isArray(input) ? input.at(-1) : undefined, "content");
}

function asked(text: string) {
  return [{ type: "input_text", text }];
}

/** Session files of the home, with their text. */
async function sessionFiles(): Promise<readonly (readonly [string, string])[]> {
  const names = await readdir(`${stage.home.path}/sessions`, { recursive: true });
  const files = names.filter((name) => name.endsWith(".jsonl")).sort();
  return Promise.all(files.map(async (name) => [name, (await stage.home.read(`sessions/${name}`)) ?? ""] as const));
}

describe("codex exec", () => {
  it("works for a person: the answer on stdout, everything on stderr", async () => {
    stage.server.answer(hello);
    const ran = await codex(["exec", "hi"], stage.options());
    expect(ran).toMatchObject({ code: 0, stdout: "hello there\n" });
    expect(ran.stderr).toMatch(
      /^Reading additional input from stdin\.\.\.\nCodex \(TypeScript\) v\d.*\n--------\nworkdir: /,
    );
    expect(ran.stderr).toContain("approval: never\nsandbox: read-only\n");
    expect(ran.stderr).toMatch(/user\nhi\n(.*\n)*codex\nhello there\ntokens used\n110\n$/);
    expect(promptOf(stage.server.single().body)).toEqual(asked("hi"));
  });

  it("runs, patches and plans inside the sandbox, and shows each as an item", async () => {
    const patch = "*** Begin Patch\n*** Update File: a.txt\n@@\n-old\n+new\n*** End Patch\n";
    const command = "echo seen; touch .git/hooks/x || echo protected; touch /outside || echo outside";
    stage.server.answer(
      [ev.call("c1", "exec_command", { cmd: command }), ev.completed()],
      [ev.customCall("c2", "apply_patch", patch), ev.completed()],
      [ev.call("c3", "update_plan", { plan: [{ step: "one", status: "completed" }] }), ev.completed()],
      hello,
    );
    const ran = await codex(["exec", "--json", "-s", "workspace-write", "do it"], stage.options());
    expect(ran.code).toBe(0);
    expect(await stage.project.read("a.txt")).toBe("new\n");
    const kinds = jsonLines(ran.stdout).map((event) =>
      [field(event, "type"), ...["id", "type", "status"].map((name) => field(field(event, "item"), name))]
        .filter((word) => word !== undefined)
        .join(" "),
    );
    expect(kinds).toEqual([
      "thread.started",
      "turn.started",
      "item.started item_0 command_execution in_progress",
      "item.completed item_0 command_execution completed",
      "item.started item_1 file_change in_progress",
      "item.completed item_1 file_change completed",
      "item.started item_2 todo_list",
      "item.completed item_3 agent_message",
      "item.completed item_2 todo_list",
      "turn.completed",
    ]);
    const output = String(stage.server.outputOf("c1"));
    // two pipes: their order among each other is nobody's promise (live.md §2.4)
    expect(output).toMatch(/seen\n(.*\n)*protected\n(.*\n)*outside\n/);
    expect(output).toMatch(/hooks\/x'?: Read-only file system\n/);
    expect(output).toMatch(/outside'?: Read-only file system\n/);
  });

  it("takes options before the command, last one wins", async () => {
    stage.server.answer(hello);
    const args = ["-c", "model=first", "-m", "second", "exec", "--json", "hi", "-m", "third"];
    expect((await codex(args, stage.options())).code).toBe(0);
    expect(stage.server.single().body).toMatchObject({ model: "third" });
  });

  it("writes the last message and asks for the schema's shape", async () => {
    await stage.project.write("schema.json", '{"type":"object"}');
    stage.server.answer(hello);
    const args = ["exec", "--json", "-o", "out.txt", "--output-schema", "schema.json", "hi"];
    expect((await codex(args, stage.options())).code).toBe(0);
    expect(await stage.project.read("out.txt")).toBe("hello there");
    expect(stage.server.single().body).toMatchObject({
      text: { format: { type: "json_schema", schema: { type: "object" } } },
    });
  });

  it("records a run that can be replayed without a server", async () => {
    stage.server.answer([ev.call("c1", "exec_command", { cmd: "cat a.txt" }), ev.completed()], hello);
    const recorded = await codex(["exec", "--json", "--record", "run.jsonl", "hi"], stage.options());
    expect(recorded.code).toBe(0);
    const kept = await sessionFiles();
    for (const _time of ["first", "second"]) {
      const again = await codex(["exec", "--json", "--replay", "run.jsonl", "hi"], stage.options());
      expect(again.code).toBe(0);
      expect(again.stdout).toBe(recorded.stdout);
    }
    expect(stage.server.requests).toHaveLength(2);
    // what is repeated is the recorded session: its file stays as it is, and there is no other
    expect(await sessionFiles()).toEqual(kept);
    await stage.project.write("a.txt", "changed\n");
    const different = await codex(["exec", "--json", "--replay", "run.jsonl", "hi"], stage.options());
    expect(different.code).toBe(1);
    expect(different.stdout).toContain("request 2 of 2 differs: item 5 (function_call_output), field output, line 6");
  });

  it("goes on with a real model after the requests it was told to replay", async () => {
    stage.server.answer([ev.call("c1", "exec_command", { cmd: "cat a.txt" }), ev.completed()], hello);
    await codex(["exec", "--record", "run.jsonl", "hi"], stage.options());
    stage.server.answer([ev.message("another end"), ev.completed()]);
    const fork = await codex(["exec", "--replay", "run.jsonl", "--from", "1", "hi"], stage.options());
    expect(fork).toMatchObject({ code: 0, stdout: "another end\n" });
    const beyond = await codex(["exec", "--replay", "run.jsonl", "--from", "3", "hi"], stage.options());
    expect(beyond.code).toBe(1);
    expect(beyond.stderr).toContain("go on live after 0 to 2 requests");
  });
});

describe("stdin", () => {
  it("joins piped data to the prompt", async () => {
    stage.server.answer(hello);
    await codex(["exec", "--json", "look"], stage.options({ stdin: "DATA\n" }));
    expect(promptOf(stage.server.single().body)).toEqual(asked("look\n\n<stdin>\nDATA\n</stdin>"));
  });

  it("is the prompt when there is no other", async () => {
    stage.server.answer(hello);
    const { stderr } = await codex(["exec", "--json"], stage.options({ stdin: "do it\n" }));
    expect(promptOf(stage.server.single().body)).toEqual(asked("do it\n"));
    expect(stderr).toBe("Reading prompt from stdin...\n");
  });

  it("does not hold up a run when it stays open and silent", async () => {
    stage.server.answer(hello);
    const { code, stderr } = await codex(["exec", "--json", "hi"], stage.options({ stdin: null }));
    expect(code).toBe(0);
    expect(stderr).toContain("Nothing came from stdin within 1000 ms");
    expect(promptOf(stage.server.single().body)).toEqual(asked("hi"));
  });

  it("fails when it should be the prompt and is empty", async () => {
    const ran = await codex(["exec", "-"], stage.options({ stdin: "" }));
    expect(ran).toEqual({ code: 1, stdout: "", stderr: "error: No prompt provided via stdin.\n" });
  });
});

describe("how a run can fail: one line, exit 1", () => {
  it.each([
    [[], 'model = "x"\nmodel = "y"\n', /^error: .*config\.toml:2:1: /m],
    [[], 'sandbox_mode = "oops"\n', /^error: .*config\.toml:1:\d+: .*"read-only"/m],
    [["-c", "nokey"], "", /^error: .*nokey/m],
    [["--enable", "nofeat"], "", /^error: unknown feature: nofeat$/m],
    [["-C", "nowhere"], "", /^error: cannot work in .*nowhere: there is no such directory\n/],
    [["--output-schema", "nowhere.json"], "", /^error: cannot read the output schema nowhere\.json/],
    [["-o", "no/such/file"], "", /^error: cannot write the last message to no\/such\/file/m],
    [["--replay", "nowhere.jsonl"], "", /^error: .*nowhere\.jsonl/m],
    [["-c", "model_provider=nope"], "", /^error: .*nope/m],
  ])("%j with the configuration %j", async (args, config, message) => {
    await stage.home.write("config.toml", config);
    const ran = await codex(["exec", ...args, "hi"], stage.options());
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr.replace("Reading additional input from stdin...\n", "").split("\n")).toHaveLength(2);
  });

  it("outside a Git repository, unless that is allowed", async () => {
    await using plain = await workspace();
    const ran = await codex(["exec", "hi"], stage.options({ cwd: plain.path }));
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/^error: Not inside a trusted directory and --skip-git-repo-check was not specified\./);
    stage.server.answer(hello);
    expect((await codex(["exec", "--skip-git-repo-check", "hi"], stage.options({ cwd: plain.path }))).code).toBe(0);
  });

  it("without a key, told by name", async () => {
    await stage.home.write("config.toml", "");
    const ran = await codex(["exec", "--json", "hi"], stage.options());
    expect(ran.code).toBe(1);
    expect(jsonLines(ran.stdout).at(-1)).toMatchObject({ type: "turn.failed", error: { message: /CODEX_API_KEY/ } });
  });

  it.each([
    ["a refused key", { type: "status", status: 401, body: { error: { message: "bad key" } } }, /401/],
    ["too many requests", { type: "status", status: 429, body: { error: { message: "slow down" } } }, /429/],
    ["a bad request", { type: "status", status: 400, body: { error: { message: "no such model" } } }, /no such model/],
  ] as const)("after %s", async (_what, reply, message) => {
    await stage.home.write(
      "config.toml",
      `${mockProviderConfig(stage.server.url)}request_max_retries = 0\nstream_max_retries = 0\n`,
    );
    stage.server.answer(reply);
    const ran = await codex(["exec", "hi"], stage.options());
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr).toMatch(/\nERROR: .*\n$/);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr.match(/ERROR/g)).toHaveLength(1);
  });

  it("after a stream that breaks, with a notice for each new attempt", async () => {
    await stage.home.write(
      "config.toml",
      `${mockProviderConfig(stage.server.url)}request_max_retries = 0\nstream_max_retries = 1\n`,
    );
    const broken = { type: "stream", events: [ev.created()], ending: "end" } as const;
    stage.server.answer(broken, broken);
    const ran = await codex(["exec", "--json", "hi"], stage.options());
    expect(ran.code).toBe(1);
    expect(jsonLines(ran.stdout).slice(2)).toMatchObject([
      { type: "error", message: /^Reconnecting\.\.\. 1\/1/ },
      { type: "error" },
      { type: "turn.failed" },
    ]);
  });

  it("leaves no session behind when it could not start", async () => {
    await stage.home.write("config.toml", 'sandbox_mode = "oops"\n');
    await codex(["exec", "hi"], stage.options());
    expect(await stage.home.read("sessions")).toBeUndefined();
  });
});

describe("interruption", () => {
  const sleeping = [ev.call("c1", "exec_command", { cmd: "echo $$ > pid; sleep 300" }), ev.completed()];

  async function startSleeper(args: readonly string[]) {
    await mkdir(join(stage.project.path, "sub"));
    stage.server.answer(sleeping);
    const running = startCodex(["exec", "-s", "workspace-write", ...args, "hi"], stage.options());
    const { stdout, stderr } = running.child;
    const stream = args.includes("--json") ? stdout : stderr;
    if (stream === null) throw new Error("no stream");
    for (let seen = ""; !/sleep 300/.test(seen);) seen += String((await once(stream, "data"))[0]);
    return running;
  }

  it("by SIGINT ends with exit 1, says so, and leaves no process", async () => {
    const { child, done } = await startSleeper([]);
    const started = Date.now();
    child.kill("SIGINT");
    const ran = await done;
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/\nturn interrupted\n/);
    expect(Date.now() - started).toBeLessThan(15_000);
  });

  it("by SIGTERM dies of that signal", async () => {
    const { child, done } = await startSleeper(["--json"]);
    child.kill("SIGTERM");
    expect((await done).code).toBe("SIGTERM");
  });

  it("by a reader of --json that leaves is quiet and exits 141", async () => {
    const asked = new Promise<DrivenStream>((drive) => stage.server.answer({ type: "driven", drive }));
    const { PATH = "" } = process.env;
    const child = spawn(process.execPath, [`${builtFolder()}main.js`, "exec", "--json", "hi"], {
      cwd: stage.project.path,
      env: { PATH, HOME: "/nonexistent", CODEX_HOME: stage.home.path },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stderr = text(child.stderr);
    const stream = await asked;
    child.stdout.destroy();
    stream.send(ev.message("nobody hears this"));
    expect(await once(child, "exit")).toEqual([141, null]);
    expect(await stderr).toBe("Reading additional input from stdin...\n");
  });
});
