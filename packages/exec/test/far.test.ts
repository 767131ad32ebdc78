import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDocker } from "../src/docker.js";
import { createDirectEnvironment } from "../src/index.js";
import { openRemote } from "../src/remote.js";
import { overSsh } from "./places.js";
import { startSshd, withoutSshd } from "./sshd.js";
import {
  NEVER,
  VARS,
  builtFixture,
  describeUnless,
  emptyFolder,
  firstMatch,
  isRunning,
  request,
  run,
  startHost,
  until,
} from "./support.js";
import type { SshServer } from "./sshd.js";

const state = realpathSync(mkdtempSync(join(tmpdir(), "codex-far-")));
const env = { PATH: process.env["PATH"] ?? "", STAND_IN: state };
const common = { id: "far", env, temporary: "/tmp", allow_missing: [] } as const;
const { exec } = createDirectEnvironment({ id: "host", allow_missing: [] });
let docker: readonly string[] = [];
let host = "";
beforeAll(async () => {
  docker = [process.execPath, await builtFixture("docker-stand-in", state)];
  host = await builtFixture("far-host", state);
}, 60_000);
afterAll(() => rmSync(state, { recursive: true, force: true }));

async function refusalOf(opening: Promise<unknown>): Promise<string> {
  const outcome: unknown = await opening.catch((error: unknown) => error);
  if (!(outcome instanceof Error)) throw new Error("it opened");
  expect(outcome.message).not.toContain("\n");
  return outcome.message;
}

/** Starts the host, kills it once its command runs, and waits until nothing of it is left. */
async function killHost(options: object, folder: string): Promise<void> {
  const mark = `far-${basename(folder)}`;
  const child = startHost(host, [JSON.stringify(options), folder, mark]);
  if (child.stdout === null) throw new Error("no output");
  await firstMatch(child.stdout, /started/);
  await until(() => isRunning(mark));
  child.kill("SIGKILL");
  await until(() => !isRunning(mark));
}

describe("a container", () => {
  const open = (more: object) =>
    openDocker(
      {
        ...common,
        exec,
        client: docker,
        image: "here",
        cwd: "/",
        policy: { type: "read-only" },
        user: undefined,
        ...more,
      },
      NEVER,
    );

  it("that cannot be had says in one line what to do", { timeout: 30_000 }, async () => {
    const cwd = emptyFolder();
    expect(await refusalOf(open({ cwd, client: ["no-such-docker"] }))).toMatch(
      /^there is no no-such-docker here: install it/,
    );
    expect(await refusalOf(open({ cwd, image: "none:1" }))).toMatch(/^there is no image none:1 here: \S+ pull none:1/);
    const down = { env: { ...env, STAND_IN_DOWN: "1" } };
    expect(await refusalOf(open({ cwd, ...down }))).toMatch(/has no engine: start it/);
    expect(await refusalOf(open({ cwd: "/" }))).toMatch(/choose a folder below it/);
  });

  it("ends with everything in it when we are killed", { timeout: 30_000 }, async () => {
    await killHost({ type: "docker", client: docker, state }, emptyFolder());
    await until(() => !readdirSync(state).some((name) => name.endsWith(".pid")));
  });

  it("whose first process hangs is removed by force", { timeout: 30_000 }, async () => {
    const { environment } = await open({ cwd: emptyFolder() });
    const pid = readdirSync(state).find((name) => name.endsWith(".pid")) ?? "";
    execFileSync("sh", ["-c", 'kill -STOP "$(cat "$0")"', join(state, pid)]);
    await environment[Symbol.asyncDispose]();
    expect(readdirSync(state).filter((name) => name.endsWith(".pid"))).toEqual([]);
  });
});

describeUnless(withoutSshd(), "another machine", () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await startSshd();
  }, 30_000);
  afterAll(() => server[Symbol.asyncDispose]());
  const open = (name: string, client = server.client) => openRemote({ ...common, exec, client, host: name }, NEVER);

  it("that cannot be reached says in one line what to do", { timeout: 30_000 }, async () => {
    expect(await refusalOf(open("stranger"))).toMatch(
      /^ssh stranger: its host key is not known here: run `ssh stranger`/,
    );
    expect(await refusalOf(open("locked"))).toMatch(/^ssh locked: it does not let us in: `ssh locked` must work/);
    expect(await refusalOf(open("nobody"))).toMatch(/^ssh nobody: it cannot be reached/);
    expect(await refusalOf(open("nowhere.invalid"))).toMatch(/^ssh nowhere\.invalid: no such host/);
    expect(await refusalOf(open("box", ["no-such-ssh"]))).toMatch(/the program cannot be started/);
    expect(await refusalOf(open("-oProxyCommand=touch x"))).toMatch(/is no host/);
  });

  it("without the helper confines nothing", { timeout: 30_000 }, async () => {
    const environment = await overSsh(server.client);
    const folder = emptyFolder();
    const policy = await environment.resolve({ type: "read-only" }, folder);
    const refused = await environment.confine(policy).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "sandbox_unavailable" });
    await environment[Symbol.asyncDispose]();
  });

  it("keeps arguments and variables out of the lists of processes", { timeout: 30_000 }, async () => {
    const environment = await overSsh(server.client);
    const secret = `secret-${basename(emptyFolder())}`;
    const asked = request("ps -eo args", "/", { env: { ...VARS, TOKEN: secret } });
    const { text } = await run(environment, asked);
    expect([text.includes("/run run"), text.includes(secret)]).toEqual([true, false]);
    await environment[Symbol.asyncDispose]();
  });

  it("ends all of ours when we are killed, and keeps nothing", { timeout: 30_000 }, async () => {
    await killHost({ type: "ssh", client: server.client }, emptyFolder());
    await until(() => !readdirSync(server.folder).some((name) => name.startsWith("codex.")));
  });

  it("that is lost ends its commands, says so, and is reached again by the next", { timeout: 30_000 }, async () => {
    const environment = await overSsh(server.client);
    const mark = `far-${basename(emptyFolder())}`;
    const running = environment.exec(request(`bash -c 'exec -a ${mark} sleep 1000' & echo started; wait`, "/"), NEVER);
    for await (const { data } of running.output) if (Buffer.from(data).includes("started")) break;
    await until(() => isRunning(mark));
    const master = execFileSync("pgrep", ["-f", `${server.folder}.*ControlMaster=yes`]).toString();
    for (const pid of master.trim().split("\n")) process.kill(Number(pid), "SIGKILL");
    expect((await running.exit).type).toBe("signaled");
    await until(() => !isRunning(mark));
    expect((await run(environment, request("echo back", "/"))).text).toBe("back\n");
    await environment[Symbol.asyncDispose]();
  });
});
