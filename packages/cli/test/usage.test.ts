import { ev, mockProviderConfig, temporaryHome } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { answerAgents } from "./agent-calls.js";
import { codex } from "./codex.js";
import { field, jsonLines } from "./json-text.js";
import { setStage } from "./stage.js";

const stage = setStage();

/** One session with a sub-agent, one without, of models with and without a price. */
async function spend(): Promise<readonly string[]> {
  stage.server.route("POST /v1/responses", answerAgents());
  const shared = await codex(["exec", "--json", "--enable", "multi_agent", "share the work"], stage.options());
  stage.server.answer([ev.message("done"), ev.completed()]);
  const plain = await codex(["exec", "--json", "-m", "nobody-knows", "work alone"], stage.options());
  expect([shared.code, plain.code]).toEqual([0, 0]);
  return [shared, plain].map(({ stdout }) => String(field(jsonLines(stdout)[0], "thread_id")));
}

const usage = (...argv: readonly string[]) => codex(["usage", ...argv], stage.options());
const rows = (text: string) => text.split("\n").map((line) => line.split(/ {2,}/));

describe("codex usage", () => {
  it("sums up the last days by model; an unknown price is said", async () => {
    await spend();
    const { code, stdout, stderr } = await usage();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [head, , ...table] = rows(stdout);
    expect(head?.[0]).toMatch(/^last 7 days: [34] turns of 2 sessions$/);
    expect(table[0]).toEqual(["model", "requests", "input", "cached", "output", "reasoning", "cost"]);
    expect(table[1]?.[0]).toBe("gpt-5");
    expect(table[1]?.at(-1)).toMatch(/^\$0\.00\d\d$/);
    expect([table[2]?.[0], table[2]?.at(-1)]).toEqual(["nobody-knows", "unknown"]);
    expect(table[3]?.at(-1)).toMatch(/^\$0\.00\d\d \+ unknown$/);
  });

  it("shows a session with its sub-agents, each with what it used, as text and as JSON", async () => {
    const [shared = "", plain = ""] = await spend();
    const { stdout } = await usage("--session", shared);
    expect(stdout).toMatch(new RegExp(`^session ${shared}: [23] turns, 1 sub-agent\n`));
    const named = rows(stdout).map(([name]) => name ?? "");
    expect(named).toEqual(expect.arrayContaining(["itself", "total", "gpt-5", "spawn_agent", "wait_agent"]));
    expect(named).toContainEqual(expect.stringMatching(/^sub-agent [-0-9a-f]{36}$/));
    const value: unknown = JSON.parse((await usage("--session", shared, "--json")).stdout);
    expect(value).toMatchObject({ session: shared, own: { requests: 5 }, skipped: 0 });
    expect(field(value, "agents")).toHaveLength(1);
    expect((await usage("--last")).stdout).toContain(`session ${plain}: 1 turn\n`);
  });

  it("groups by tool, session and day", async () => {
    const [shared = "", plain = ""] = await spend();
    const { stdout } = await usage("--by", "session");
    expect(rows(stdout).map(([name]) => name)).toEqual(expect.arrayContaining([shared, plain, "total"]));
    expect((await usage("--by", "tool")).stdout).toMatch(/^spawn_agent +1 +0 /m);
    const byDay: unknown = JSON.parse((await usage("--by", "day", "--json")).stdout);
    expect(byDay).toMatchObject({ days: 7, sessions: 2, by: "day", total: { unpriced_tokens: 110 } });
  });

  it("reads the file that was put aside too, and leaves out torn lines and what is not for a terminal", async () => {
    const timestamp = new Date().toISOString();
    const use = { requests: 1, usage: { input_tokens: 1000 }, cost_usd: 2.5 };
    const turn = (model: string) =>
      JSON.stringify({ timestamp, session_id: "s", turn_id: "t", models: [{ model, ...use }], tools: [] });
    await stage.home.write("usage.1.jsonl", `${turn("older")}\n`);
    await stage.home.write("usage.jsonl", `${turn("new\u001b[31mer")}\n${"x".repeat(2_000_000)}\n{"torn`);
    const { stdout } = await usage();
    expect(stdout).toMatch(/^older +1 +1,000 +0 +0 +0 +\$2\.5000$/m);
    expect(stdout).toMatch(/^newer /m);
    expect(stdout).toContain("2 lines of the usage file could not be read, and are left out\n");
  });

  it("says so where nothing was used", async () => {
    await using empty = await temporaryHome({ config: mockProviderConfig("http://127.0.0.1:9/v1") });
    const ran = await codex(["usage", "--since", "1"], { env: { CODEX_HOME: empty.path } });
    expect(ran).toEqual({ code: 0, stdout: "last 24 hours: nothing was used\n", stderr: "" });
  });
});
