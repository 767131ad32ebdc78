import type { OutputChunk, ResolvedPolicy } from "@codex/protocol";
import { sessionId, turnId } from "@codex/protocol";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import {
  collect,
  collectFailing,
  fakeEnvironment,
  manualClock,
  say,
  scriptedModel,
  temporaryHome,
  workspace,
} from "../src/index.js";

const signal = new AbortController().signal;
const request = { argv: ["ls"], cwd: "/w", env: {}, stdin: "closed" } as const;

function textOf(chunks: readonly OutputChunk[]): string {
  return chunks.map(({ data }) => Buffer.from(data).toString()).join("");
}

it("lets time stand still until it is moved, and wakes in order", async () => {
  const clock = manualClock({ start: 1000 });
  const woken: number[] = [];
  const sleepers = [30, 10].map((ms) => clock.sleep(ms, signal).then(() => woken.push(ms)));
  clock.advance(9);
  expect([clock.sleeping, clock.now(), clock.monotonic()]).toEqual([2, 1009, 9]);
  clock.advance(100);
  await Promise.all(sleepers);
  expect([woken, clock.sleeps, clock.sleeping]).toEqual([[10, 30], [30, 10], 0]);
});

it("ends short sleeps at once when told to, and all of them when they abort", async () => {
  const clock = manualClock({ skip_up_to: 50 });
  await clock.sleep(50, signal);
  const controller = new AbortController();
  const long = clock.sleep(51, controller.signal);
  await clock.asleep();
  controller.abort(new Error("enough"));
  await expect(long).rejects.toThrow("enough");
  expect([clock.monotonic(), clock.sleeping]).toEqual([50, 0]);
});

it("plays a script of model steps and remembers the prompts", async () => {
  const models = scriptedModel([say.message("hi"), { events: [], error: new Error("broken") }]);
  const settings = {
    cwd: "/w",
    model: "m",
    model_provider: "p",
    approval_policy: "never",
    sandbox_policy: { type: "read-only" },
  } as const;
  const ids = { session: sessionId("01890000-0000-7000-8000-000000000001"), turn: turnId("1") };
  const client = models.client(settings, ids);
  const prompt = { instructions: "", input: [], tools: [] };
  const events = await collect(client.stream(prompt, signal));
  expect(events.map(({ type }) => type)).toEqual(["item_started", "text_delta", "item_done", "completed"]);
  expect(() => models.verify()).toThrow("1 requests for 2 steps");
  expect(await collectFailing(client.stream(prompt, signal))).toEqual({ items: [], error: new Error("broken") });
  models.verify();
  expect([models.prompts, models.settings]).toEqual([[prompt, prompt], [settings]]);
});

it("runs scripted processes, kills those that wait, and keeps confinement for files", async () => {
  const environment = fakeEnvironment({
    files: { "/w/a": "1", "/etc/b": "2" },
    run: ({ argv }) => (argv[0] === "sleep" ? { until: "killed" } : { stdout: "out", exit: 3 }),
  });
  const ended = environment.exec(request, signal);
  expect([textOf(await collect(ended.output)), await ended.exit]).toEqual(["out", { type: "exited", code: 3 }]);

  const controller = new AbortController();
  const waiting = environment.exec({ ...request, argv: ["sleep"] }, controller.signal);
  controller.abort();
  expect(await waiting.exit).toEqual({ type: "signaled", signal: "SIGKILL" });

  const policy: ResolvedPolicy = await environment.resolve(
    {
      type: "workspace-write",
      writable_roots: [],
      network_access: false,
      exclude_slash_tmp: false,
      exclude_tmpdir_env_var: false,
    },
    "/w",
  );
  const confined = await environment.confine(policy);
  await confined.files.write("/w/a", Buffer.from("new"), signal);
  await expect(confined.files.write("/etc/b", Buffer.from("x"), signal)).rejects.toMatchObject({ code: "file_error" });
  await expect(confined.files.write("/w/.git", Buffer.from("x"), signal)).rejects.toMatchObject({ code: "file_error" });
  expect([environment.text("/w/a"), environment.text("/etc/b")]).toEqual(["new", "2"]);
  expect([environment.confined, environment.ran.length]).toEqual([[policy], 2]);
});

it("tells a denial by its exit, and refuses to confine when told to", async () => {
  const denial = { layer: "filesystem", certain: true } as const;
  const environment = fakeEnvironment({ run: () => ({ exit: 1, denied: denial }), refuses: "no namespaces" });
  const exit = await environment.exec(request, signal).exit;
  const nothing = { head: new Uint8Array(), tail: new Uint8Array(), omitted_bytes: 0, total_bytes: 0 };
  expect(environment.denial(exit, nothing)).toBe(denial);
  const policy = await environment.resolve({ type: "read-only" }, "/w");
  await expect(environment.confine(policy)).rejects.toMatchObject({ code: "sandbox_unavailable" });
});

it("makes workspaces and homes that vanish", async () => {
  let path: string;
  {
    await using folder = await workspace({ files: { "src/a.txt": "text" }, git: true });
    await using home = await temporaryHome({ config: 'model = "m"\n', auth: { OPENAI_API_KEY: "k" } });
    path = folder.path;
    expect([await folder.read("src/a.txt"), await folder.read("none")]).toEqual(["text", undefined]);
    expect(execFileSync("git", ["log", "--format=%s"], { cwd: path, encoding: "utf8" })).toBe("start\n");
    expect([await home.read("config.toml"), await home.read("auth.json")]).toEqual([
      'model = "m"\n',
      '{"OPENAI_API_KEY":"k"}',
    ]);
  }
  expect(existsSync(path)).toBe(false);
});
