/**
 * Every attempt against the whole helper, and against one helper for each layer that lacks it. One layer is missing at
 * a time, and the attempts reach for folders, sockets and processes of this test only.
 */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { chownSync, closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";

import { expect, it } from "vitest";

import { confine, findHelper } from "../src/index.js";
import { documentation } from "./support/documentation.js";
import type { Escapes } from "./support/documentation.js";
import { ESCAPE_CASES, HOST_USER_NAMESPACE, LAYERS, buildWithout } from "./support/layers.js";
import type { EscapeCase, Layer } from "./support/layers.js";
import {
  command,
  compile,
  confineTo,
  createFolder,
  createPlace,
  describeSandbox,
  processesWith,
  run,
} from "./support/sandbox.js";

const self = { name: "", uid: undefined };
const GUARD = '[ "$(stat -Lc %i /proc/self/ns/user)" != "$HOST_USER_NAMESPACE" ] || exit 90\n';

const EXACT = `import socket, sys
one = socket.socket(socket.AF_UNIX); one.bind("\\0" + sys.argv[1] + "-exact"); one.listen(64); print("ready", flush=True)
while True: one.accept()[0].close()`;

type World = AsyncDisposable & { readonly env: Readonly<Record<string, string>> };

/** What an attempt may reach for, on the host. */
async function createWorld(): Promise<World> {
  const socket = join(createFolder(), "socket");
  const abstract = `codex-sandbox-test-layers-${process.pid}`;
  const servers = [createServer(), createServer(), createServer()];
  const [tcp, by_path, by_name] = servers;
  for (const server of servers)
    server.on("connection", (connection) => connection.on("error", () => undefined).end("hello\n"));
  const port = await new Promise<number>((resolve) =>
    tcp?.listen(0, "::", () => {
      const address = tcp.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    }),
  );
  await new Promise<void>((resolve) => by_path?.listen(socket, resolve));
  await new Promise<void>((resolve) => by_name?.listen(`\0${abstract}`, resolve));
  const datagrams = createSocket("udp4").on("message", (_text, from) => datagrams.send("x", from.port, from.address));
  await new Promise<void>((resolve) => datagrams.bind(port, "127.0.0.1", resolve));
  // Node pads such a name with zeros up to its most; other programs do not
  const exact = spawn("python3", ["-c", EXACT, abstract], { stdio: ["ignore", "pipe", "inherit"] });
  await once(exact.stdout, "data");
  const decoy = spawn("sleep", ["300"], { stdio: "ignore" });
  return {
    env: {
      ATTEMPTS: compile("attempts"),
      HOST_USER_NAMESPACE,
      SOCKET: socket,
      ABSTRACT: abstract,
      PORT: String(port),
      DECOY: String(decoy.pid),
    },
    async [Symbol.asyncDispose]() {
      for (const child of [decoy, exact]) child.kill("SIGKILL");
      datagrams.close();
      for (const server of servers) await new Promise((resolve) => server.close(resolve));
    },
  };
}

let count = 0;

/** Did it get what it wanted? */
async function escapes(attempt: EscapeCase, helper: string, world: World): Promise<boolean> {
  const place = createPlace(self);
  const file = join(place.outside, "file");
  mkdirSync(join(place.root, ".git"));
  writeFileSync(join(place.outside, "private"), "private\n", { mode: 0o600 });
  if (process.getuid?.() === 0) chownSync(join(place.outside, "private"), 65534, 65534);
  const confinement = await confineTo(place.root, {
    network: attempt.network === true,
    denied: attempt.denied === true ? [place.outside] : [],
  });
  const marker = `32.${process.pid}${(count += 1)}`;
  const env = { ...world.env, OUT: place.outside, ROOT: place.root, MARKER: marker };
  const stdin =
    attempt.stdin === undefined ? undefined : openSync(attempt.stdin === "file" ? file : place.outside, "r");
  const extra =
    attempt.inherited === true ? [openSync(file, "a"), openSync(file, "r"), openSync(place.outside, "r")] : [];
  const argv = confine({ ...confinement, helper }, command(place.root, "bash", "-c", GUARD + attempt.script));
  const { code, status } = await run(argv, { env, extra, ...(stdin === undefined ? {} : { stdin }) });
  for (const descriptor of [...extra, ...(stdin === undefined ? [] : [stdin])]) closeSync(descriptor);
  if (code === 90 || status !== "") throw new Error(`not confined, or not started: ${attempt.script}: ${status}`);
  const left = processesWith(`sleep\0${marker}`);
  for (const pid of left) process.kill(pid, "SIGKILL");
  return code === 0 && (attempt.leaves !== true || left.length > 0);
}

async function escapesOf(helper: string, world: World): Promise<Escapes> {
  const found: Record<string, boolean> = {};
  for (const attempts of Object.values(ESCAPE_CASES)) {
    for (const [name, attempt] of Object.entries(attempts)) found[name] = await escapes(attempt, helper, world);
  }
  return found;
}

function isLayer(name: string): name is Layer {
  return name in LAYERS;
}

describeSandbox("the layers", () => {
  it("hold everything together, and each holds at least three things alone, as docs/sandbox-layers.md says", async () => {
    await using world = await createWorld();
    const whole = await escapesOf(findHelper(), world);
    expect(Object.entries(whole).filter(([, escaped]) => escaped)).toEqual([]);
    if (process.getuid?.() !== 0)
      return console.warn("linux-sandbox: not root, so the table of layers is not compared");

    const layers = Object.keys(LAYERS).filter(isLayer);
    const found = layers.map(async (layer) => [layer, await escapesOf(buildWithout(layer), world)] as const);
    const without = Object.fromEntries(await Promise.all(found));
    for (const [layer, escaped] of Object.entries(without)) {
      const alone = Object.keys(escaped).filter((name) => escaped[name] === true);
      expect({ layer, alone }).toEqual({ layer, alone: expect.arrayContaining([expect.anything()]) });
      expect({ layer, alone: alone.length >= 3 }).toEqual({ layer, alone: true });
    }
    await expect(documentation(without)).toMatchFileSnapshot("../../../docs/sandbox-layers.md");
    return undefined;
  }, 300_000);
});
