import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { createInterface } from "node:readline";

import { expect, it, onTestFinished } from "vitest";

import {
  STATUS_FD,
  commandServer,
  confine,
  findHelper,
  networkFrame,
  parseServerLine,
  runFrame,
  unconfined,
} from "../src/index.js";
import type { ServerLine, SharedNetwork } from "../src/index.js";
import { command, confineTo, createPlace, describeForUsers } from "./support/sandbox.js";
import type { Place, User } from "./support/sandbox.js";

type Result = { readonly text: string; readonly end: ServerLine };
type Server = {
  readonly pid: number;
  /** Resolves as soon as the first line has been printed, and at the end. */
  start(words: readonly string[]): Promise<{ readonly first: Promise<string>; readonly result: Promise<Result> }>;
  network(): Promise<SharedNetwork | undefined>;
};

async function startServer(user: User): Promise<Server> {
  const [program = "", ...words] = commandServer(findHelper());
  const ids = user.uid === undefined ? {} : { uid: user.uid, gid: user.uid };
  const child = spawn(program, words, { cwd: "/", env: {}, stdio: ["ignore", "ignore", "ignore", "pipe"], ...ids });
  const channel = child.stdio[STATUS_FD];
  const { pid } = child;
  if (!(channel instanceof Socket) || pid === undefined) throw new Error("no channel");
  onTestFinished(async () => {
    channel.destroy();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  const lines: ServerLine[] = [];
  const waiting: (() => void)[] = [];
  createInterface({ input: channel }).on("line", (line) => {
    const parsed = parseServerLine(line);
    if (parsed === undefined) throw new Error(`not understood: ${line}`);
    lines.push(parsed);
    for (const wake of waiting.splice(0)) wake();
  });
  const next = async (matches: (line: ServerLine) => boolean): Promise<ServerLine> => {
    for (;;) {
      const at = lines.findIndex(matches);
      const [found] = at < 0 ? [] : lines.splice(at, 1);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  let last = 0;
  return {
    pid,
    async network() {
      channel.write(networkFrame());
      const line = await next(({ type }) => type === "network" || type === "no_network");
      return line.type === "network" ? { holder: pid, user: line.user, net: line.net } : undefined;
    },
    async start(argv) {
      const id = (last += 1);
      const offer = await next(({ type }) => type === "pipes");
      const [output] = offer.type === "pipes" ? offer.descriptors : [];
      const fd = openSync(`/proc/${pid}/fd/${output}`, constants.O_RDONLY | constants.O_NONBLOCK);
      const env = { PATH: process.env["PATH"] ?? "" };
      channel.write(runFrame({ id, words: argv.slice(1), env, stdin: "closed" }) ?? "");
      const reader = new Socket({ fd, readable: true, writable: false });
      let text = "";
      const closed = once(reader, "close");
      const first = new Promise<string>((resolve) =>
        reader.setEncoding("utf8").on("data", (part: string) => {
          text += part;
          if (text.includes("\n")) resolve(text);
        }),
      );
      const result = async (): Promise<Result> => {
        await closed;
        return { text, end: await next((line) => line.type === "ended" && line.id === id) };
      };
      return { first, result: result() };
    },
  };
}

const SERVER = `python3 -c '
import socket
server = socket.create_server(("127.0.0.1", 0)); print(server.getsockname()[1], flush=True)
server.accept()[0].sendall(b"hello\\n")'`;

describeForUsers("a command server", (user) => {
  const ended = (code: number, signal = 0) => ({ type: "ended", code, signal, said: "" });

  async function words(place: Place, script: string, network?: SharedNetwork): Promise<readonly string[]> {
    const inner = { ...command(place.root, "bash", "-c", script), served: true, network };
    return confine(await confineTo(place.root), inner);
  }

  it("starts commands, confined or not, and tells how they ended", async () => {
    const server = await startServer(user);
    const place = createPlace(user);
    const results = [
      await server.start(await words(place, "echo in; echo x > made; exit 3")),
      await server.start(await words(place, `kill -TERM $$`)),
      await server.start(unconfined(findHelper(), { ...command(place.root, "bash", "-c", "echo out"), served: true })),
    ];
    const [inside, killed, outside] = await Promise.all(results.map(({ result }) => result));
    expect(inside).toMatchObject({ text: "in\n", end: ended(3) });
    expect(killed).toMatchObject({ text: "", end: ended(0, 15) });
    expect(outside).toMatchObject({ text: "out\n", end: ended(0) });
    expect(statSync(`${place.root}/made`).uid).toBe(user.uid ?? process.getuid?.());
  });

  it("tells why a command was not started", async () => {
    const server = await startServer(user);
    const place = createPlace(user);
    for (const argv of [
      confine(await confineTo(place.root), { ...command(place.root, "/no/such"), served: true }),
      ["helper", "run", "--half", "a", "policy", "--", "true"],
      ["helper", "probe"],
      ["helper", "run", "--join", "1:x:2", "--", "true"],
      [],
    ]) {
      const { result } = await server.start(argv);
      expect((await result).end).toMatchObject({
        said: expect.stringMatching(/"code":"(not_found|sandbox_unavailable)"/),
      });
    }
  });

  it("lets commands share a network that is not the host's", async () => {
    const server = await startServer(user);
    const place = createPlace(user);
    const network = await server.network();
    expect(network).toBeDefined();
    const { first, result } = await server.start(await words(place, SERVER, network));
    const script = `exec 5<> /dev/tcp/127.0.0.1/${(await first).trim()} && cat <&5; readlink /proc/self/ns/net; id -u`;
    const asked = await (await server.start(await words(place, script, network))).result;
    const [answer, namespace, uid] = asked.text.split("\n");
    expect([answer, uid]).toEqual(["hello", String(user.uid ?? process.getuid?.())]);
    expect(namespace).not.toBe(`net:[${statSync("/proc/self/ns/net").ino}]`);
    expect((await result).end).toMatchObject(ended(0));
  });

  it("gives a network of its own to a command whose shared one is gone", async () => {
    const server = await startServer(user);
    const script = "readlink /proc/self/ns/net; tail -n +3 /proc/net/dev | cut -d: -f1";
    const gone = { holder: 2 ** 22 - 1, user: -1, net: 5 };
    const { text, end } = await (await server.start(await words(createPlace(user), script, gone))).result;
    const [namespace, interfaces] = text.trim().split(/\s+/);
    expect([interfaces, end]).toMatchObject(["lo", ended(0)]);
    expect(namespace).not.toBe(`net:[${statSync("/proc/self/ns/net").ino}]`);
  });

  it("does not start a command in the network that it came from", async () => {
    const server = await startServer(user);
    const own = spawn("bash", ["-c", "exec 5< /proc/self/ns/net; echo; exec sleep 100"], {
      ...(user.uid === undefined ? {} : { uid: user.uid, gid: user.uid }),
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void own.kill());
    await once(own.stdout, "data");
    const wrong = { holder: own.pid ?? 0, user: -1, net: 5 };
    const { text, end } = await (await server.start(await words(createPlace(user), "echo ran", wrong))).result;
    if (user.uid === undefined)
      expect([text, end]).toMatchObject(["", { said: expect.stringContaining("caller's own") }]);
    // without privilege it cannot be entered at all
    else expect([text, end]).toMatchObject(["ran\n", ended(0)]);
  });
});
