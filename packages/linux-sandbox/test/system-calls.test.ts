import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { confine } from "../src/index.js";
import { command, compile, confineTo, createPlace, describeForUsers, run, runScript } from "./support/sandbox.js";
import type { User } from "./support/sandbox.js";

const attempts = compile("attempts");

const EPERM = "1";
const ENOSYS = "38";
const KILLED_BY_SIGSYS = "1031";

/** What the attempts program must see: `ok`, or the number of the error. */
const EXPECTED: Readonly<Record<string, string>> = {
  ptrace: EPERM,
  process_vm_readv: EPERM,
  process_vm_writev: EPERM,
  pidfd_getfd: EPERM,
  kcmp: EPERM,
  io_uring_setup: EPERM,
  io_uring_enter: EPERM,
  io_uring_register: EPERM,
  keyctl: EPERM,
  add_key: EPERM,
  request_key: EPERM,
  bpf: EPERM,
  userfaultfd: EPERM,
  perf_event_open: EPERM,
  open_by_handle_at: EPERM,
  tiocsti: EPERM,
  "tiocsti-high-bits": EPERM,
  tioclinux: EPERM,
  "foreign-architecture": KILLED_BY_SIGSYS,
  x32: EPERM,
  mount: EPERM,
  remount: EPERM,
  bind: EPERM,
  umount: EPERM,
  open_tree: EPERM,
  move_mount: EPERM,
  fsopen: EPERM,
  fsmount: EPERM,
  fspick: EPERM,
  mount_setattr: EPERM,
  pivot_root: EPERM,
  chroot: EPERM,
  fanotify_init: EPERM,
  quotactl: EPERM,
  "mknod-block": EPERM,
  "mknod-character": EPERM,
  setns: EPERM,
  "setns-own": EPERM,
  "unshare-user": EPERM,
  "unshare-mount": EPERM,
  "unshare-network": EPERM,
  "unshare-time": EPERM,
  "unshare-files": "ok",
  "clone-user": EPERM,
  "clone-pid": EPERM,
  "clone-plain": "ok",
  clone3: ENOSYS,
  "socket-unix": EPERM,
  "socket-inet": "ok",
  "socket-inet6": "ok",
  "socket-netlink-route": "ok",
  "socket-netlink-audit": EPERM,
  "socket-packet": EPERM,
  "socket-vsock": EPERM,
  "socket-alg": EPERM,
  "socket-raw": EPERM,
  "pair-stream": "ok",
  "pair-datagram": "ok",
  "pair-inet": EPERM,
};

async function attempt(user: User, options: { readonly network: boolean }): Promise<Readonly<Record<string, string>>> {
  const place = createPlace(user);
  const confinement = await confineTo(place.root, options);
  const argv = confine(confinement, command(place.root, attempts, place.root, ...Object.keys(EXPECTED)));
  const { stdout, stderr, code } = await run(argv, { user });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return Object.fromEntries(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" ")),
  );
}

describe("the program that attempts", () => {
  it("refuses to try anything when it is not confined", async () => {
    const { code, stdout, stderr } = await run([attempts, createPlace({ name: "", uid: undefined }).root, "clone3"]);
    expect({ code, stdout, stderr }).toEqual({
      code: 99,
      stdout: "",
      stderr: expect.stringContaining("nothing was tried"),
    });
  });
});

describeForUsers("system calls", (user) => {
  it("are refused or allowed as the list says", async () => {
    expect(await attempt(user, { network: false })).toEqual(EXPECTED);
  });

  it("are the same with the network, and unix sockets", async () => {
    const expected = { ...EXPECTED, "socket-unix": "ok" };
    expect(await attempt(user, { network: true })).toEqual(expected);
  });

  it("run with no privilege, and can gain none", async () => {
    const { stdout } = await runScript(createPlace(user), "cat /proc/self/status");
    expect(stdout).toMatch(/^NoNewPrivs:\t1$/m);
    expect(stdout).toMatch(/^Seccomp:\t2$/m);
    for (const set of ["Inh", "Prm", "Eff", "Bnd", "Amb"]) {
      expect(stdout).toMatch(new RegExp(`^Cap${set}:\t0{16}$`, "m"));
    }
  });

  it("gain nothing from a setuid program", async () => {
    const place = createPlace(user);
    const { stdout } = await runScript(
      place,
      "cp /usr/bin/id . && chmod 6755 id && ./id -u; sudo -n id -u 2> /dev/null",
    );
    expect(stdout).toBe(`${user.uid ?? 0}\n`);
  });

  it("see no process but their own, and keep the first one out of reach", async () => {
    const script = `ps -e -o pid= | wc -l; kill -9 1; kill -0 ${process.pid} 2>&1; cat /proc/1/environ; cat /proc/1/fd/0; cat /proc/1/maps; echo end`;
    const { stdout, stderr } = await runScript(createPlace(user), script);
    expect(Number(stdout.split("\n")[0])).toBeLessThan(8);
    expect(stdout).toMatch(/No such process/);
    expect(stdout).toMatch(/process\nend\n$/);
    expect(stderr).toMatch(/environ: Permission denied[^]*fd.0: Permission denied[^]*maps: Permission denied/);
  });

  it("have a private /dev/shm and their own message queues", async () => {
    const name = `codex-sandbox-test-${process.pid}`;
    writeFileSync(`/dev/shm/${name}`, "host\n");
    try {
      const { code } = await runScript(createPlace(user), `test -e /dev/shm/${name}`);
      expect(code).toBe(1);
    } finally {
      await run(["rm", `/dev/shm/${name}`]);
    }
  });

  it("write to a host's /dev/shm that is a root", async () => {
    const folder = `/dev/shm/codex-sandbox-test-${process.pid}`;
    await run(["mkdir", "-m", "777", folder]);
    try {
      const outcome = await runScript(createPlace(user), `echo x > ${folder}/new`, { roots: [folder] });
      expect(outcome).toMatchObject({ code: 0 });
      expect(readFileSync(join(folder, "new"), "utf8")).toBe("x\n");
    } finally {
      await run(["rm", "-r", folder]);
    }
  });
});
