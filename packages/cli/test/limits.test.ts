import { ev, mockProviderConfig, startResponsesServer, temporaryHome } from "@codex/test-support";
import type { Reply, ResponsesServer, TemporaryFolder } from "@codex/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codex, startCodex } from "./codex.js";

let server: ResponsesServer;
let home: TemporaryFolder;

beforeEach(async () => {
  server = await startResponsesServer();
  home = await temporaryHome({ config: mockProviderConfig(server.url) });
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function exec(...argv: readonly string[]) {
  const fixed = ["exec", "--skip-git-repo-check", "-s", "danger-full-access", "-c", "features.multi_agent=true"];
  return codex([...fixed, ...argv], { cwd: home.path, env: { CODEX_HOME: home.path } });
}

const forEver = (name: string, args: object): Reply => [ev.call("c1", name, args), ev.completed()];
const says = [ev.message("done"), ev.completed()];
const prints = forEver("exec_command", { cmd: "echo 0123456789", login: false });
const stays = forEver("exec_command", { cmd: "exec sleep 60", login: false, yield_time_ms: 250 });
const spawns = forEver("spawn_agent", { message: "TASK" });

describe("every limit reaches the engine, and ends a model that never ends:", () => {
  const cases: readonly (readonly [words: readonly string[], reply: Reply])[] = [
    [["-c", "limits.max_tokens=200"], prints],
    [["-c", "limits.max_usd=0.001"], prints],
    [["-c", "limits.max_turns=3"], prints],
    [["-c", "limits.max_processes=1"], stays],
    [["-c", "limits.max_output_bytes=20"], prints],
    [["-c", "limits.max_agents=0"], spawns],
    [["-c", "limits.max_agent_depth=0"], spawns],
    [["--max-tokens", "200"], prints],
    [["--max-usd", "0.001"], prints],
    [["--max-turns", "3"], prints],
  ];

  it.each(cases)("%j", async (words, reply) => {
    server.route("POST /v1/responses", reply);
    const { code, stderr } = await exec(...words, "go");
    const name =
      words
        .join(" ")
        .match(/max.\w+/)?.[0]
        ?.replace("-", "_") ?? "";
    expect(stderr).toMatch(new RegExp(`^ERROR: limit reached: .*${name} = `, "m"));
    expect(code).toBe(1);
  });
});

describe("a session that is resumed", () => {
  const idIn = (text: string): string => /session id: ([-0-9a-f]{36})/.exec(text)?.[1] ?? "";

  it("stays under the limits of the configuration, and what is to be done is said", async () => {
    server.answer(says);
    const limited = ["-c", "limits.max_turns=1"];
    const { stderr: first } = await exec(...limited, "go");
    const { code, stderr } = await exec(...limited, "resume", idIn(first), "more");
    expect(code).toBe(1);
    expect(stderr).toContain(
      "ERROR: limit reached: this session has made 1 request to models (max_turns = 1); " +
        "to go on, raise limits.max_turns, or begin another session\n",
    );
  });

  it("has a run of its own for --max-turns, and the smaller limit holds", async () => {
    server.answer(says, says, says);
    const { stderr: first } = await exec("--max-turns", "1", "go");
    const id = idIn(first);
    expect((await exec("resume", "--max-turns", "1", id, "more")).code).toBe(0);
    const both = await exec("-c", "limits.max_turns=3", "resume", "--max-turns", "9", id, "more");
    expect(both.code).toBe(0);
    const over = await exec("-c", "limits.max_turns=3", "resume", "--max-turns", "9", id, "more");
    expect(over.stderr).toContain("this session has made 3 requests to models (max_turns = 3)");
  });

  it("has not forgotten what it used before it was killed", async () => {
    server.answer([ev.call("c1", "exec_command", { cmd: "true", login: false }), ev.completed()], { type: "silence" });
    const argv = ["exec", "--skip-git-repo-check", "-s", "danger-full-access", "--json", "go"];
    const { child, done } = startCodex(argv, { cwd: home.path, env: { CODEX_HOME: home.path } });
    await server.request(1);
    child.kill("SIGKILL");
    const id = /"thread_id":"([-0-9a-f]{36})"/.exec((await done).stdout)?.[1] ?? "";
    const { stderr } = await exec("-c", "limits.max_turns=1", "resume", id, "more");
    expect(stderr).toContain("this session has made 1 request to models (max_turns = 1)");
  });

  it("goes on counting tokens where it was", async () => {
    server.answer(says, says);
    const { stderr: first } = await exec("go");
    const { stdout } = await exec("--json", "resume", idIn(first), "more");
    expect(stdout).toContain('{"type":"turn.completed","usage":{"input_tokens":200,');
  });
});
