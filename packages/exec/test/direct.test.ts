import { chmodSync, existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { capture, createDirectEnvironment, exitCode } from "../src/index.js";
import {
  NEVER,
  VARS,
  builtHelper,
  builtFixture,
  emptyFolder,
  firstMatch,
  isRunning,
  request,
  run,
  startHost,
  workspaceWrite,
} from "./support.js";
import type { ExecEnvironment } from "../src/index.js";
import type { Process } from "@codex/protocol";

let helper = "";
beforeAll(() => {
  helper = builtHelper();
});

const WAYS = ["through the helper", "in a process group"] as const;

/** A script that starts a grandchild with a mark in its command line, says so, and waits. */
const family = (mark: string): string => `bash -c 'exec -a ${mark} sleep 1000' & echo started; wait`;

async function started(running: Process): Promise<void> {
  for await (const chunk of running.output) if (Buffer.from(chunk.data).includes("started")) return;
}

describe.each(WAYS)("a command %s", (way) => {
  const place = (): ExecEnvironment =>
    createDirectEnvironment({
      id: "direct",
      helper: way === "in a process group" ? undefined : helper,
      allow_missing: [],
    });

  it("gives its exit code and both streams", async () => {
    const { exit, text } = await run(place(), request("echo out; echo problem >&2; exit 3", "/"));
    expect([exit, text.split("\n").sort()]).toEqual([{ type: "exited", code: 3 }, ["", "out", "problem"]]);
  });

  it("keeps exit codes that shells use for failed starts", async () => {
    expect((await run(place(), request("exit 127", "/"))).exit).toEqual({ type: "exited", code: 127 });
  });

  it("gives the signal it died of", async () => {
    const { exit } = await run(place(), request("kill -USR2 $$", "/"));
    expect([exit, exitCode(exit)]).toEqual([{ type: "signaled", signal: "SIGUSR2" }, 140]);
  });

  it("gets exactly the given variables, directory and arguments", async () => {
    const cwd = emptyFolder();
    const asked = { argv: ["/usr/bin/env", "A=b c"], cwd, env: { ONE: "1\n2", EMPTY: "" }, stdin: "closed" } as const;
    expect((await run(place(), asked)).text.split("\n").sort()).toEqual(["", "2", "A=b c", "EMPTY=", "ONE=1"]);
    expect((await run(place(), request("pwd -P", cwd))).text).toBe(`${realpathSync(cwd)}\n`);
  });

  it("reads an empty input when it is closed, and what is written when it is not", async () => {
    expect((await run(place(), request("cat; echo end", "/"))).text).toBe("end\n");
    const running = place().exec(request("cat; echo end", "/", { stdin: "pipe" }), NEVER);
    await running.write(Buffer.from("hello "));
    await running.write(Buffer.from("you\n"));
    running.closeInput();
    const captured = await capture(running.output, { signal: NEVER });
    expect(Buffer.from(captured.head).toString()).toBe("hello you\nend\n");
    await expect(running.write(Buffer.from("late"))).rejects.toMatchObject({ code: "bad_request" });
    expect(await running.exit).toEqual({ type: "exited", code: 0 });
  });

  it.each([
    ["a program that is not there", { argv: ["/no/such/program"], cwd: "/" }],
    ["a name that is nowhere on PATH", { argv: ["no-such-program"], cwd: "/" }],
    ["a directory that is not there", { argv: ["true"], cwd: "/no/such/folder" }],
  ])("cannot start %s", async (_what, where) => {
    const { exit, text } = await run(place(), { ...where, env: VARS, stdin: "closed" });
    expect(exit).toMatchObject({ type: "failed_to_start", code: "not_found" });
    expect([exitCode(exit), text]).toEqual([127, ""]);
  });

  it("cannot start a file that is not executable", async () => {
    const file = join(emptyFolder(), "plain");
    writeFileSync(file, "text");
    chmodSync(file, 0o644);
    const { exit } = await run(place(), { argv: [file], cwd: "/", env: VARS, stdin: "closed" });
    expect([exit.type === "failed_to_start" && exit.code, exitCode(exit)]).toEqual(["not_executable", 126]);
  });

  it("cannot start with arguments that no kernel takes, and does not throw", async () => {
    for (const argv of [["echo", "x".repeat(4_000_000)], ["echo", "a\0b"], []]) {
      const { exit } = await run(place(), { argv, cwd: "/", env: VARS, stdin: "closed" });
      expect(exit.type).toBe("failed_to_start");
    }
  });

  it("ends with its grandchildren when its time is up", async () => {
    const mark = `timeout-${process.pid}-${WAYS.indexOf(way)}`;
    const { exit, text } = await run(place(), request(family(mark), "/", { timeout_ms: 300 }));
    expect([exit, exitCode(exit), text, isRunning(mark)]).toEqual([{ type: "timed_out" }, 124, "started\n", false]);
  });

  it("ends with its grandchildren when the signal aborts, even if they ignore TERM", async () => {
    const mark = `abort-${process.pid}-${WAYS.indexOf(way)}`;
    const controller = new AbortController();
    const running = place().exec(request(`trap "" TERM; ${family(mark)}`, "/"), controller.signal);
    await started(running);
    const aborted = performance.now();
    controller.abort();
    expect((await running.exit).type).toBe("signaled");
    expect(performance.now() - aborted).toBeLessThan(10_000);
    expect(isRunning(mark)).toBe(false);
  });

  it("may clean up when it is told to end", async () => {
    const controller = new AbortController();
    const running = place().exec(
      request(`trap "echo cleaned; exit 7" TERM; echo started; while :; do sleep 0.01; done`, "/"),
      controller.signal,
    );
    const seen: string[] = [];
    for await (const chunk of running.output) {
      seen.push(Buffer.from(chunk.data).toString());
      if (seen.join("").includes("started")) controller.abort();
    }
    expect(seen.join("")).toContain("cleaned\n");
    expect(await running.exit).toEqual({ type: "exited", code: 7 });
  });

  it("is not started when the signal has aborted already", async () => {
    const mark = join(emptyFolder(), "made");
    const { exit } = await run(place(), request(`touch ${mark}`, "/"), AbortSignal.abort());
    expect([exit, existsSync(mark)]).toEqual([{ type: "signaled", signal: "SIGKILL" }, false]);
  });

  it.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)("can be sent %s", async (signal) => {
    const running = place().exec(
      request("trap 'exit 20' TERM; trap 'exit 21' INT; echo started; while :; do sleep 0.01; done", "/"),
      NEVER,
    );
    await started(running);
    running.kill(signal);
    expect(await running.exit).toEqual(
      {
        SIGTERM: { type: "exited", code: 20 },
        SIGINT: { type: "exited", code: 21 },
        SIGKILL: { type: "signaled", signal: "SIGKILL" },
      }[signal],
    );
  });

  it("gives every byte in order", async () => {
    const running = place().exec(request("seq 1 300000", "/"), NEVER);
    const parts: Uint8Array[] = [];
    for await (const chunk of running.output) parts.push(chunk.data);
    const expected = Array.from({ length: 300_000 }, (_, index) => `${index + 1}\n`).join("");
    expect(Buffer.concat(parts).toString() === expected).toBe(true);
  });

  it("waits for a slow consumer instead of piling up output", async () => {
    const mark = join(emptyFolder(), "written");
    const running = place().exec(request(`head -c 5000000 /dev/zero; touch ${mark}`, "/"), NEVER);
    const output = running.output[Symbol.asyncIterator]();
    let total = (await output.next()).value?.data.length ?? 0;
    // many whole commands give the first one all the time it could want
    for (let turn = 0; turn < 30; turn += 1) await run(place(), request("true", "/"));
    expect(existsSync(mark)).toBe(false);
    for (let next = await output.next(); next.done !== true; next = await output.next())
      total += next.value.data.length;
    expect([total, await running.exit, existsSync(mark)]).toEqual([5_000_000, { type: "exited", code: 0 }, true]);
  });

  it("keeps what nobody has read yet after its end", async () => {
    const running = place().exec(request("echo kept", "/"), NEVER);
    await running.exit;
    expect(Buffer.from((await capture(running.output, { signal: NEVER })).head).toString()).toBe("kept\n");
  });

  it("runs on when its reader leaves", async () => {
    const running = place().exec(request("head -c 3000000 /dev/zero; exit 5", "/"), NEVER);
    for await (const chunk of running.output) if (chunk.data.length > 0) break;
    expect(await running.exit).toEqual({ type: "exited", code: 5 });
    await expect(capture(running.output, { signal: NEVER })).rejects.toThrow("one consumer");
  });

  it("lets a capture stop early, with what it has", async () => {
    const controller = new AbortController();
    const running = place().exec(
      request("echo started; read -r _; head -c 1000000 /dev/zero", "/", { stdin: "pipe" }),
      NEVER,
    );
    const captured = await capture(running.output, {
      signal: controller.signal,
      on_delta: () => controller.abort(),
    });
    expect(Buffer.from(captured.head).toString()).toBe("started\n");
    running.closeInput();
    expect(await running.exit).toEqual({ type: "exited", code: 0 });
  });

  it("takes a directory that is not written canonically", async () => {
    const cwd = emptyFolder();
    expect((await run(place(), request("pwd -P", `${cwd}/./x/../`))).text).toBe(`${cwd}\n`);
  });
});

describe("the pipes of a command (through the helper)", () => {
  const script = "echo a > /dev/stdout; echo b | tee /dev/stderr; echo c >> /proc/self/fd/2";
  const place = (): ExecEnvironment => createDirectEnvironment({ id: "direct", helper, allow_missing: [] });

  it("can be opened again by name", async () => {
    const { exit, text } = await run(place(), request(script, "/"));
    expect([exit, text.split("\n").sort()]).toEqual([{ type: "exited", code: 0 }, ["", "a", "b", "b", "c"]]);
  });

  it("can be opened again inside the narrowest sandbox", async () => {
    const direct = place();
    const inside = await direct.confine(await direct.resolve({ type: "read-only" }, "/"));
    const { exit, text } = await run(inside, request(script, "/"));
    expect([exit, text.split("\n").sort()]).toEqual([{ type: "exited", code: 0 }, ["", "a", "b", "b", "c"]]);
  });

  it("do not make bash believe that it was started over the network", async () => {
    const home = emptyFolder();
    writeFileSync(join(home, ".bashrc"), "echo read .bashrc\n");
    const running = place().exec(request("cat", "/", { stdin: "pipe", env: { ...VARS, HOME: home } }), NEVER);
    await running.write(Buffer.from("input"));
    running.closeInput();
    expect(Buffer.from((await capture(running.output, { signal: NEVER })).head).toString()).toBe("input");
  });

  it("end, whenever the command is stopped", async () => {
    for (let turn = 0; turn < 60; turn += 1) {
      const controller = new AbortController();
      const running = place().exec(request("sleep 1000", "/"), controller.signal);
      for (let tick = 0; tick < turn; tick += 1) await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      const captured = await capture(running.output, { signal: NEVER });
      expect([(await running.exit).type, captured.total_bytes]).toEqual(["signaled", 0]);
    }
  });
});

describe("what a command leaves behind", () => {
  it("is read for 2 s at most, then ended (in a process group)", async () => {
    const mark = `left-${process.pid}`;
    const place = createDirectEnvironment({ id: "direct", allow_missing: [] });
    const before = performance.now();
    const { text, exit } = await run(
      place,
      request(`(sleep 0.1; echo late; exec -a ${mark} sleep 1000) & echo now`, "/"),
    );
    expect([text, exit, isRunning(mark)]).toEqual(["now\nlate\n", { type: "exited", code: 0 }, false]);
    expect(performance.now() - before).toBeLessThan(15_000);
  });

  it("ends with the command (through the helper), even in a session of its own", async () => {
    const mark = `session-${process.pid}`;
    const place = createDirectEnvironment({ id: "direct", helper, allow_missing: [] });
    const { exit } = await run(place, request(`setsid -f bash -c 'exec -a ${mark} sleep 1000'; echo now`, "/"));
    expect([exit, isRunning(mark)]).toEqual([{ type: "exited", code: 0 }, false]);
  });
});

describe("what reads on when the shell has ended (through the helper)", () => {
  it.each(["direct", "confined"])("has its last words, %s", async (where) => {
    const cwd = emptyFolder();
    const direct = createDirectEnvironment({ id: "direct", helper, allow_missing: [] });
    const inside = await direct.confine(await direct.resolve(workspaceWrite(), cwd));
    const place = where === "direct" ? direct : inside;
    const { text } = await run(place, request("seq 20000 > >(tee log | tail -1)", cwd));
    expect([text, readFileSync(join(cwd, "log"), "utf8").split("\n").length]).toEqual(["20000\n", 20001]);
    await direct[Symbol.asyncDispose]();
  });
});

describe("a helper that is not there", () => {
  it("starts nothing and says so", async () => {
    const place = createDirectEnvironment({ id: "direct", helper: "/no/such/helper", allow_missing: [] });
    const { exit } = await run(place, request("true", "/"));
    expect([exit.type === "failed_to_start" && exit.code, exitCode(exit)]).toEqual(["sandbox_unavailable", -1]);
  });
});

describe("our own death by SIGKILL", () => {
  it.each(["direct", "confined"])("leaves nothing of a %s command", async (mode) => {
    const mark = `orphan-${mode}-${process.pid}`;
    const ready = join(emptyFolder(), "never");
    const host = startHost(await builtFixture("host", emptyFolder()), [helper, mode, `${family(mark)} ${ready}`]);
    await waitFor(() => isRunning(mark));
    const ended = new Promise((resolve) => host.once("exit", resolve));
    host.kill("SIGKILL");
    await ended;
    await waitFor(() => !isRunning(mark));
  });
});

/** Of each stream. The long form is `CODEX_OUTPUT_BYTES=1073741824 vitest run packages/exec/test/direct.test.ts`. */
const BYTES = Number(process.env["CODEX_OUTPUT_BYTES"] ?? "100000000");

describe("output without end, on both streams", () => {
  it.each(["direct", "confined"])(
    "of a %s command costs little memory, and is kept as its head and tail",
    async (mode) => {
      const zeros = `head -c ${BYTES} /dev/zero`;
      const script = `printf first; ${zeros} & ${zeros} >&2 & wait; printf final`;
      const host = startHost(await builtFixture("host", emptyFolder()), [helper, mode, script]);
      const [line] = await firstMatch(host.stdout ?? process.stdin, /\{.*\}/);
      const figures: unknown = JSON.parse(line);
      expect(figures).toMatchObject({
        exit: { type: "exited", code: 0 },
        total_bytes: 2 * BYTES + 10,
        kept_bytes: 1 << 20,
        begins: "first",
        ends: "final",
      });
      const grown = typeof figures === "object" && figures !== null && "grown_kib" in figures ? figures.grown_kib : -1;
      expect(grown).toBeGreaterThan(0);
      expect(grown).toBeLessThan(60 * 1024);
      if (process.env["CODEX_OUTPUT_BYTES"] !== undefined) console.log(mode, figures);
    },
    120_000,
  );
});

/** What happens in other processes tells nobody: looked at again and again. */
async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
