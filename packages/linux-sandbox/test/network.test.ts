import { createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";

import { expect, it } from "vitest";

import { createFolder, createPlace, describeForUsers, runScript } from "./support/sandbox.js";

type Listener = AsyncDisposable & { readonly port: number; readonly connections: () => number };

/** On the host; counts who comes. */
async function listen(where: { readonly host: string } | { readonly path: string }): Promise<Listener> {
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    socket.end("hello\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...where, port: "host" in where ? 0 : undefined }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    connections: () => connections,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const python = (code: string): string => `python3 -c '${code}'`;

describeForUsers("the network", (user) => {
  it.each(["127.0.0.1", "::1"])("has no way to a listener on %s of the host", async (host) => {
    await using listener = await listen({ host });
    const script = python(`import socket; socket.create_connection(("${host}", ${listener.port}), 2)`);
    const { code, stderr } = await runScript(createPlace(user), script);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/refused|unreachable|assign/) });
    expect(listener.connections()).toBe(0);
  });

  it("has the host's listener where the policy opens it", async () => {
    await using listener = await listen({ host: "127.0.0.1" });
    const script = `exec 5<> /dev/tcp/127.0.0.1/${listener.port}; cat <&5`;
    expect(await runScript(createPlace(user), script, { network: true })).toMatchObject({ code: 0, stdout: "hello\n" });
  });

  it("has no way to a unix socket of the host, by path or abstract", async () => {
    const path = join(createFolder(user), "socket");
    await using by_path = await listen({ path });
    await using abstract = await listen({ path: `\0codex-sandbox-test-${process.pid}-${user.uid ?? 0}` });
    const place = createPlace(user);
    for (const address of [`"${path}"`, `"\\0codex-sandbox-test-${process.pid}-${user.uid ?? 0}"`]) {
      const script = python(`import socket; socket.socket(socket.AF_UNIX).connect(${address})`);
      const { code, stderr } = await runScript(place, script);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("not permitted") });
    }
    expect([by_path.connections(), abstract.connections()]).toEqual([0, 0]);
  });

  it("has interfaces of its own only, none of them with a way out", async () => {
    const script = "cat /proc/net/dev | tail -n +3 | cut -d: -f1 && cat /proc/net/route | tail -n +2";
    expect(await runScript(createPlace(user), script)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ *lo\n$/),
    });
  });

  it("resolves no name and reaches no address", async () => {
    const place = createPlace(user);
    const name = await runScript(place, "timeout 5 getent hosts example.com");
    expect(name.code).toBe(2);
    const address = await runScript(place, "timeout 5 bash -c 'exec 5<> /dev/tcp/192.0.2.1/80'");
    expect(address).toMatchObject({ code: 1, stderr: expect.stringContaining("unreachable") });
    const datagram = python('import socket; socket.socket(2, 2).sendto(b"x", ("192.0.2.1", 53))');
    expect(await runScript(place, datagram)).toMatchObject({ code: 1 });
  });

  it("lets two processes of one command talk over loopback", async () => {
    const script = `python3 - <<'END'
import os, socket
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    server = socket.create_server((host, 0), family=family)
    if os.fork() == 0:
        socket.create_connection(server.getsockname()[:2]).sendall(b"inside")
        os._exit(0)
    print(server.accept()[0].recv(6).decode())
END`;
    expect(await runScript(createPlace(user), script)).toMatchObject({ code: 0, stdout: "inside\ninside\n" });
  });

  it("is not shared by two commands", async () => {
    const place = createPlace(user);
    const server = `import socket, time
server = socket.create_server(("127.0.0.1", 45454)); open("ready", "w"); server.settimeout(3)
try: server.accept(); print("reached")
except TimeoutError: print("alone")`;
    const first = runScript(place, `python3 - <<'END'\n${server}\nEND`);
    const second = await runScript(place, "until test -e ready; do :; done; exec 5<> /dev/tcp/127.0.0.1/45454");
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("refused") });
    expect(await first).toMatchObject({ stdout: "alone\n" });
  });
});
