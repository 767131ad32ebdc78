import type { Limits, ModelEvent, ModelProvider, Prompt, RunLimits } from "@codex/protocol";
import { sessionId } from "@codex/protocol";
import type { TemporaryFolder } from "@codex/test-support";
import { collect, fakeEnvironment, say, scriptedModel, temporaryHome } from "@codex/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCodex } from "../../src/index.js";
import { rebuild } from "../../src/rollout/rebuild.js";
import { context, event } from "../rollout/lines.js";

type Answer = (prompt: Prompt) => readonly ModelEvent[];

let home: TemporaryFolder;

beforeEach(async () => {
  home = await temporaryHome();
});

afterEach(() => home[Symbol.asyncDispose]());

/** 120 tokens an answer. */
function model(answer: Answer): ModelProvider {
  return {
    client: (...of) => ({
      ...scriptedModel([]).client(...of),
      async *stream(prompt) {
        yield* answer(prompt);
        yield say.completed();
      },
    }),
  };
}

function engine(answer: Answer = () => say.message("done")) {
  const env = { PATH: process.env["PATH"], HOME: home.path, CODEX_HOME: home.path };
  const prices = { scripted: { input: 100, output: 100 } };
  const environment = fakeEnvironment({ run: () => ({ stdout: "y".repeat(1000) }) });
  return createCodex({ env, models: model(answer), environment, prices, agents: true });
}

const place = { cwd: "/work", sandboxMode: "danger-full-access" } as const;

/** A session with one turn, by a process that is over. */
async function held(answer?: Answer, limits: Limits = {}): Promise<string> {
  await using codex = engine(answer);
  await using session = await codex.start({ ...place, limits });
  await session.run("go");
  return session.id;
}

async function goOn(id: string, limits: Limits, answer?: Answer): Promise<string> {
  await using codex = engine(answer);
  await using session = await codex.resume(id, { ...place, limits });
  return (await session.run("more")).finalResponse ?? "";
}

const isAgent = ({ input }: Prompt): boolean => JSON.stringify(input).includes('"text":"TASK');
const asks = (name: string, args: object): Answer => {
  let calls = 0;
  return (prompt) => {
    if (isAgent(prompt)) return say.message("found");
    calls += 1;
    return calls === 1 ? [say.call("c1", name, args)] : say.message("done");
  };
};
const spawns = () => asks("spawn_agent", { message: "TASK" });
const prints = () => asks("exec_command", { cmd: "yes", login: false });

describe("limits of the configuration hold over a session that is resumed:", () => {
  const cases: readonly (readonly [keyof Limits, limits: Limits, enough: Limits])[] = [
    ["max_tokens", { max_tokens: 110 }, { max_tokens: 111 }],
    ["max_turns", { max_turns: 1 }, { max_turns: 2 }],
    ["max_usd", { max_usd: 0.012 }, { max_usd: 0.0121 }],
  ];

  it.each(cases)("%s", async (name, limits, enough) => {
    const id = await held();
    const advice = new RegExp(`limit reached: this session .*${name} = .*; to go on, raise limits.${name}, or begin`);
    await expect(goOn(id, limits)).rejects.toMatchObject({ code: "turn_failed", message: advice });
    expect(await goOn(id, enough)).toBe("done");
    await expect(goOn(id, enough)).rejects.toMatchObject({ code: "turn_failed" });
  });

  it("max_agents, and without one there are as many as in a new session", async () => {
    const id = await held(spawns());
    let refusal = "";
    const read: Answer = (prompt) => {
      refusal = JSON.stringify(prompt.input.at(-1));
      return [];
    };
    const again = spawns();
    await goOn(id, { max_agents: 1 }, (prompt) => (read(prompt), again(prompt)));
    expect(refusal).toContain("no more sub-agents may be opened (max_agents = 1)");
    await goOn(id, {}, spawns());
  });

  it("max_output_bytes", async () => {
    const id = await held(prints(), { max_output_bytes: 1500 });
    await expect(goOn(id, { max_output_bytes: 1500 }, prints())).rejects.toMatchObject({
      message: expect.stringContaining("max_output_bytes = 1500"),
    });
  });

  it("what sub-agents used is part of it", async () => {
    const id = await held((prompt) => {
      if (isAgent(prompt)) return say.message("found");
      const agent = /agent_id\\":\\"([-0-9a-f]+)/.exec(JSON.stringify(prompt.input))?.[1];
      if (agent === undefined) return [say.call("c1", "spawn_agent", { message: "TASK" })];
      const is_done = JSON.stringify(prompt.input).includes("found");
      return is_done ? say.message("done") : [say.call("c2", "wait_agent", { targets: [agent] })];
    });
    await expect(goOn(id, { max_turns: 4 })).rejects.toThrow("this session has made 4 requests");
    expect(await goOn(id, { max_turns: 5 })).toBe("done");
  });

  it("a fork has used nothing, and still has not when it is resumed", async () => {
    const id = await held();
    await using codex = engine();
    const fork = await codex.fork(id, { ...place, limits: { max_turns: 1 } });
    await fork.run("another way");
    await fork[Symbol.asyncDispose]();
    expect(await goOn(fork.id, { max_turns: 2 })).toBe("done");
  });
});

describe("limits of a run", () => {
  async function run(id: string, run_limits: RunLimits, limits: Limits = {}): Promise<string> {
    await using codex = engine();
    const config = Object.fromEntries(Object.entries(limits).map(([name, value]) => [`limits.${name}`, value]));
    const settings = { cwd: "/work", sandbox_policy: { type: "danger-full-access" } } as const;
    const request = { type: "resume", id: sessionId(id), settings, config, run_limits } as const;
    await using session = await codex.open(request);
    const ask = (text: string) => session.submit({ type: "user_input", items: [{ type: "text", text }] });
    ask("first");
    let ended = 0;
    const seen = await collect(session.events, ({ msg }) => {
      if (msg.type !== "task_complete") return false;
      ended += 1;
      if (ended === 1) ask("second");
      return ended === 2;
    });
    return seen.flatMap(({ msg }) => (msg.type === "error" ? [msg.message] : [])).join("\n");
  }

  it("count from its opening on", async () => {
    const id = await held();
    expect(await run(id, { max_tokens: 111 })).toBe("");
    const told = await run(id, { max_turns: 1 });
    expect(told).toBe(
      "limit reached: this run has made 1 request to models (max_turns = 1); to go on, resume the session",
    );
  });

  it("hold beside those of the configuration", async () => {
    const id = await held();
    expect(await run(id, { max_turns: 10 }, { max_turns: 2 })).toContain("this session has made 2 requests");
  });
});

describe("what a file says was used", () => {
  const tokens = (total: number) => {
    const total_token_usage = { input_tokens: total - 20, output_tokens: 20, total_tokens: total };
    return event("token_count", { info: { total_token_usage, last_token_usage: total_token_usage } });
  };
  const record = event("session_spent", { usage: { total_tokens: 500 }, cost_usd: 0.5, requests: 4, agents: 1 });

  it("is our last record, and what was counted after it, by model", () => {
    const lines = [context({ model: "a" }), tokens(100), record, tokens(150), tokens(150), context({ model: "b" })];
    const { spent, unpriced } = rebuild([...lines, tokens(350)]).spent;
    expect(spent).toMatchObject({ usage: { total_tokens: 500 }, cost_usd: 0.5, requests: 4, agents: 1 });
    expect(unpriced.map(({ model: name, requests, usage }) => [name, requests, usage.total_tokens])).toEqual([
      ["a", 1, 50],
      ["b", 1, 200],
    ]);
  });

  it("goes on where another program began to count at zero", () => {
    const { unpriced } = rebuild([context(), tokens(300), tokens(100), tokens(150)]).spent;
    expect(unpriced).toMatchObject([{ model: "gpt-5", requests: 3, usage: { total_tokens: 450 } }]);
  });
});
