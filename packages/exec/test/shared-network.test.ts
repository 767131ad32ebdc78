import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createDirectEnvironment } from "../src/index.js";
import {
  NEVER,
  VARS,
  builtFixture,
  builtHelper,
  emptyFolder,
  firstMatch,
  request,
  run,
  workspaceWrite,
} from "./support.js";
import type { Environment, SandboxPolicy } from "@codex/protocol";

const helper = builtHelper();

/** The confinement of a session of its own. */
async function session(policy: SandboxPolicy = workspaceWrite(), cwd = emptyFolder()) {
  const direct = createDirectEnvironment({ id: "direct", helper, allow_missing: [] });
  onTestFinished(() => direct[Symbol.asyncDispose]());
  return { direct, cwd, inside: await direct.confine(await direct.resolve(policy, cwd)) };
}

const SERVER = `import socket
server = socket.create_server(("127.0.0.1", 0)); print(server.getsockname()[1], flush=True)
while True: server.accept()[0].sendall(b"hello\\n")`;

/** A server on loopback; its port. */
async function serve(where: Environment, cwd: string): Promise<string> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const running = where.exec({ argv: ["python3", "-c", SERVER], cwd, env: VARS, stdin: "closed" }, controller.signal);
  for await (const { data } of running.output) return Buffer.from(data).toString().trim();
  throw new Error("the server ended");
}

const ask = (port: string): string => `exec 5<> /dev/tcp/127.0.0.1/${port} && cat <&5`;

describe("the loopback network of a session", () => {
  it("is one for its commands, whether they have pipes or a terminal", async () => {
    const { inside, direct, cwd } = await session();
    const port = await serve(inside, cwd);
    expect((await run(inside, request(ask(port), cwd))).text).toBe("hello\n");
    expect((await run(inside, request(ask(port), cwd, { pty: { cols: 80, rows: 24 } }))).text).toBe("hello\r\n");
    // a later turn confines anew
    const again = await direct.confine(await direct.resolve(workspaceWrite(), cwd));
    expect((await run(again, request(ask(port), cwd))).text).toBe("hello\n");
  });

  it("is reached from a command on a terminal too", async () => {
    const { inside, cwd } = await session();
    const running = inside.exec(
      { argv: ["python3", "-c", SERVER], cwd, env: VARS, stdin: "closed", pty: { cols: 80, rows: 24 } },
      NEVER,
    );
    for await (const { data } of running.output) {
      const port = Buffer.from(data).toString().trim();
      expect((await run(inside, request(ask(port), cwd))).text).toBe("hello\n");
      break;
    }
    running.kill("SIGKILL");
    await running.exit;
  });

  it("is closed to the host, to other sessions, and to what may write elsewhere", async () => {
    const { inside, direct, cwd } = await session();
    const port = await serve(inside, cwd);
    const refused = { exit: { type: "exited", code: 1 }, text: expect.stringContaining("refused") };
    expect(await run(direct, request(ask(port), cwd))).toMatchObject(refused);
    const other = await session(workspaceWrite(), cwd);
    expect(await run(other.inside, request(ask(port), cwd))).toMatchObject(refused);
    const narrower = await direct.confine(await direct.resolve({ type: "read-only" }, cwd));
    expect(await run(narrower, request(ask(port), cwd))).toMatchObject(refused);
    const wider = await direct.confine(await direct.resolve(workspaceWrite({ writable_roots: [emptyFolder()] }), cwd));
    expect(await run(wider, request(ask(port), cwd))).toMatchObject(refused);
  });

  it("leads nowhere: not to a listener of the host, to an address outside, or to another interface", async () => {
    const { inside, cwd } = await session();
    const host = createServer((socket) => socket.end("host\n"));
    await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void host.close());
    const address = host.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    await run(inside, request("true", cwd));
    expect(await run(inside, request(ask(port), cwd))).toMatchObject({ text: expect.stringContaining("refused") });
    const outside = await run(inside, request("exec 5<> /dev/tcp/192.0.2.1/80", cwd));
    expect(outside.text).toContain("unreachable");
    const own = await run(inside, request("tail -n +3 /proc/net/dev | cut -d: -f1; tail -n +2 /proc/net/route", cwd));
    expect(own.text.trim()).toBe("lo");
  });

  it("gives nobody rights over it", async () => {
    const { inside, cwd } = await session();
    const script = `python3 -c '
import socket, fcntl, struct
def attempt(name, what):
    try: what(); print(name, "got")
    except OSError as error: print(name, error.strerror)
attempt("raw", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("raw ip", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("lo down", lambda: fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0)))
attempt("unix", lambda: socket.socket(socket.AF_UNIX))
attempt("setting", lambda: open("/proc/sys/net/ipv4/ip_forward", "w"))'`;
    const { text } = await run(inside, request(script, cwd));
    expect(text.split("\n").filter((line) => line.endsWith("got"))).toEqual([]);
    expect(text.split("\n")).toHaveLength(6);
  });
});

describe("the server of a session's commands", () => {
  const servers = (): readonly string[] => {
    const { stdout } = spawnSync("pgrep", ["-P", String(process.pid), "-f", "codex-linux-sandbox.serve"]);
    return stdout
      .toString()
      .split("\n")
      .filter((line) => line !== "");
  };

  it("is started by the first command and gone with the session", async () => {
    const before = servers();
    const { direct, inside, cwd } = await session();
    expect(servers()).toEqual(before);
    await run(inside, request("true", cwd));
    await Promise.all([run(inside, request("true", cwd)), run(direct, request("true", cwd))]);
    expect(servers()).toHaveLength(before.length + 1);
    await direct[Symbol.asyncDispose]();
    expect(servers()).toEqual(before);
    expect((await run(direct, request("true", cwd))).exit).toMatchObject({ code: "sandbox_unavailable" });
  });

  it("may be killed: its commands are killed with it, and the next has another", async () => {
    const { inside, cwd } = await session();
    const before = servers();
    const running = inside.exec(request("echo up; sleep 1000", cwd), NEVER);
    for await (const { data } of running.output) {
      expect(Buffer.from(data).toString()).toBe("up\n");
      for (const pid of servers().filter((each) => !before.includes(each))) process.kill(Number(pid), "SIGKILL");
      break;
    }
    expect(await running.exit).toEqual({ type: "signaled", signal: "SIGKILL" });
    expect((await run(inside, request("echo again", cwd))).text).toBe("again\n");
  });

  it("does not survive the SIGKILL of its owner", async () => {
    const host = spawn(
      process.execPath,
      [await builtFixture("host", emptyFolder()), helper, "confined", "sleep 1000"],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const owned = (): string =>
      spawnSync("pgrep", ["-P", String(host.pid)])
        .stdout.toString()
        .trim();
    while (owned() === "") await new Promise((resolve) => setTimeout(resolve, 20));
    const server = owned();
    host.kill("SIGKILL");
    const gone = `while kill -0 ${server} 2>/dev/null; do :; done; echo gone`;
    const [line] = await firstMatch(spawn("timeout", ["10", "bash", "-c", gone]).stdout, /gone/);
    expect(line).toBe("gone");
  });

  it("refuses what could not be passed on", async () => {
    const { direct } = await session();
    const nul = { argv: ["printf", "a\0b"], cwd: "/", env: VARS, stdin: "closed" } as const;
    expect(await direct.exec(nul, NEVER).exit).toMatchObject({ type: "failed_to_start", code: "not_executable" });
    const long = { ...nul, argv: ["true", "x".repeat(200_000)] };
    expect(await direct.exec(long, NEVER).exit).toMatchObject({ type: "failed_to_start", code: "not_executable" });
    expect((await run(direct, request("echo fine", join("/")))).text).toBe("fine\n");
  });
});
