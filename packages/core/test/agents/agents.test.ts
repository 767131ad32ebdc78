import type { EventMsg, Limits, ModelEvent, ModelProvider, Prompt } from "@codex/protocol";
import type { FakeEnvironment, TemporaryFolder } from "@codex/test-support";
import { fakeEnvironment, say, scriptedModel, temporaryHome } from "@codex/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CodexLibrary, CodexOptions, SessionOptions } from "../../src/index.js";
import { createCodex } from "../../src/index.js";

type Answer = (prompt: Prompt, signal: AbortSignal) => readonly ModelEvent[] | AsyncIterable<ModelEvent>;

/** A model that answers by what it is asked. */
function model(answer: Answer): ModelProvider {
  return {
    client: (...of) => ({
      ...scriptedModel([]).client(...of),
      async *stream(prompt, signal) {
        yield* answer(prompt, signal);
        yield say.completed();
      },
    }),
  };
}

let home: TemporaryFolder;
const opened: CodexLibrary[] = [];

beforeEach(async () => {
  home = await temporaryHome();
});

afterEach(async () => {
  for (const codex of opened.splice(0)) await codex[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

function start(answer: Answer, options: SessionOptions & Pick<CodexOptions, "environment" | "prices"> = {}) {
  const { environment = fakeEnvironment(), prices = {}, ...session } = options;
  const env = { PATH: process.env["PATH"], HOME: home.path, CODEX_HOME: home.path };
  const codex = createCodex({ env, models: model(answer), environment, prices, agents: true });
  opened.push(codex);
  return codex.start({ cwd: "/work", sandboxMode: "danger-full-access", ...session });
}

const textsOf = ({ input }: Prompt): string => JSON.stringify(input);
const isAgent = ({ input }: Prompt): boolean =>
  input.some((item) => item.type === "message" && JSON.stringify(item.content).includes("TASK"));
const outputsOf = ({ input }: Prompt): readonly string[] =>
  input.flatMap((item) =>
    item.type === "function_call_output" && typeof item.output === "string" ? [item.output] : [],
  );
const agentIds = (prompt: Prompt): readonly string[] =>
  outputsOf(prompt).flatMap((text) => /"agent_id":"([^"]+)"/.exec(text)?.[1] ?? []);

let calls = 0;
const call = (name: string, args: object): readonly ModelEvent[] => [say.call(`call_${(calls += 1)}`, name, args)];
const spawn = (message: string) => call("spawn_agent", { message });

/** Spawns so many, waits for all of them, and repeats what the last wait gave. */
function boss(count: number, agent: Answer): Answer {
  return (prompt, signal) => {
    if (isAgent(prompt)) return agent(prompt, signal);
    const ids = agentIds(prompt);
    if (ids.length < count) return spawn(`TASK ${ids.length}`);
    const last = outputsOf(prompt).at(-1) ?? "";
    const done = ids.filter((id) => textsOf(prompt).includes(`\\"${id}\\":{\\"completed`));
    if (done.length < count) return call("wait_agent", { targets: ids.filter((id) => !done.includes(id)) });
    return say.message(last);
  };
}

describe("sub-agents", () => {
  it("work beside their parent, and what they cost counts for it", async () => {
    const session = await start(boss(2, () => say.message("found it")));
    const { events, result } = await session.runStreamed("go");
    const seen: EventMsg[] = [];
    for await (const event of events) seen.push(event);
    expect((await result()).finalResponse).toContain('{"completed":"found it"}');
    const ends = seen.filter((event) => event.type === "collab_tool_call_end");
    expect(ends.map(({ tool, success }) => [tool, success])).toContainEqual(["spawn_agent", true]);
    expect(Object.values(ends.at(-1)?.agents_states ?? {})[0]).toMatchObject({
      status: "completed",
      message: "found it",
      usage: { total_tokens: 120 },
    });
    const usage = seen.find((event) => event.type === "turn_usage");
    const own = usage?.models.reduce((sum, { requests }) => sum + requests, 0) ?? 0;
    expect(usage?.session.usage.total_tokens).toBe((own + 2) * 120);
  });

  it("wait for a free place when there are many", async () => {
    let most = 0;
    const waiting: (() => void)[] = [];
    const agent: Answer = async function* () {
      // nobody is done before six work: a seventh would be seen
      const six = new Promise<void>((resolve) => waiting.push(resolve));
      most = Math.max(most, waiting.length);
      if (waiting.length === 6) {
        await new Promise((resolve) => setImmediate(resolve));
        for (const go of waiting.splice(0)) go();
      }
      await six;
      yield* say.message("done");
    };
    const session = await start(boss(12, agent));
    await session.run("go");
    expect(most).toBe(6);
  });

  it("ask the person of their parent", async () => {
    const agent: Answer = (prompt) =>
      outputsOf(prompt).length === 0 ? call("exec_command", { cmd: "make", login: false }) : say.message("made");
    const environment = fakeEnvironment();
    const reasons: (string | undefined)[] = [];
    const session = await start(boss(1, agent), {
      environment,
      approvalPolicy: "untrusted",
      onApproval: (request) => {
        reasons.push(request.reason);
        return "approved";
      },
    });
    await session.run("go");
    expect(reasons).toEqual([expect.stringContaining("for the sub-agent agent-1")]);
    expect(environment.ran).toHaveLength(1);
  });

  it("stop with the turn that started them, and end with its session", async () => {
    let working = 0;
    let stopped = 0;
    const controller = new AbortController();
    const agent: Answer = async function* (_prompt, signal) {
      working += 1;
      const over = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      if (working === 2) controller.abort(new Error("enough"));
      await over;
      stopped += 1;
      yield* [];
      signal.throwIfAborted();
    };
    const session = await start(boss(2, agent));
    await expect(session.run("go", { signal: controller.signal })).rejects.toThrow("enough");
    await session[Symbol.asyncDispose]();
    expect(stopped).toBe(2);
  });

  it("are not told of where they may not be", async () => {
    const seen = { above: new Set<string>(), below: new Set<string>() };
    const names: Answer = (prompt) => {
      const place = isAgent(prompt) ? seen.below : seen.above;
      for (const tool of prompt.tools) if ("name" in tool) place.add(tool.name);
      return boss(1, () => say.message("done"))(prompt, new AbortController().signal);
    };
    await (await start(names)).run("go");
    expect(seen.above).toContain("spawn_agent");
    expect(seen.below).toContain("exec_command");
    const env = { PATH: process.env["PATH"], HOME: home.path, CODEX_HOME: home.path };
    const plain = createCodex({ env, models: model(names), environment: fakeEnvironment() });
    opened.push(plain);
    await (await plain.start({ cwd: "/work", sandboxMode: "danger-full-access" })).run("TASK");
    expect(seen.below).not.toContain("spawn_agent");
  });
});

describe("a model that never ends is stopped by the limit of", () => {
  const spawnsForEver: Answer = (prompt) => (isAgent(prompt) ? say.message("done") : spawn("TASK"));
  const bothForEver: Answer = () => spawn("TASK");
  const runsForEver: Answer = () => call("exec_command", { cmd: "yes", yield_time_ms: 250, login: false });
  const background = () => fakeEnvironment({ run: () => ({ until: "killed" }) });
  const chatty = () => fakeEnvironment({ run: () => ({ stdout: "y".repeat(1000) }) });
  const prices = { scripted: { input: 100, output: 100 } };

  type Case = [name: string, limits: Limits, answer: Answer, environment?: () => FakeEnvironment];
  const cases: Case[] = [
    ["max_tokens", { max_tokens: 2000, max_agents: 1000 }, spawnsForEver],
    ["max_usd", { max_usd: 0.2, max_agents: 1000 }, spawnsForEver],
    ["max_turns", { max_turns: 25, max_agents: 1000 }, spawnsForEver],
    ["max_agents", { max_agents: 3 }, spawnsForEver],
    ["max_agent_depth", { max_agent_depth: 2, max_agents: 1000 }, bothForEver],
    ["max_processes", { max_processes: 2 }, runsForEver, background],
    ["max_output_bytes", { max_output_bytes: 5000 }, runsForEver, chatty],
  ];

  it.each(cases)("%s", async (name, limits, answer, environment = fakeEnvironment) => {
    const session = await start(answer, { limits, prices, environment: environment() });
    const failed = expect(session.run("go")).rejects;
    await failed.toMatchObject({ code: "turn_failed", message: expect.stringMatching(`limit reached: .*${name} = `) });
  });

  it("max_usd, before the first request, where nobody knows the price", async () => {
    const session = await start(() => say.message("free?"), { limits: { max_usd: 1 } });
    await expect(session.run("go")).rejects.toThrow('set input and output of [pricing."scripted"]');
  });
});
