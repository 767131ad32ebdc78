import { describe, expect, it } from "vitest";
import { fileDenial, findDenial } from "../src/denial.js";
import type { Captured, ExitStatus, ResolvedPolicy } from "@codex/protocol";

const WRITE: ResolvedPolicy = {
  policy: {
    type: "workspace-write",
    writable_roots: [],
    network_access: false,
    exclude_tmpdir_env_var: true,
    exclude_slash_tmp: true,
  },
  cwd: "/work",
  writable: [{ root: "/work", read_only: ["/work/.git", "/work/.codex"] }],
  denied: ["/secret"],
  network: false,
  allow_missing: [],
};
const READ: ResolvedPolicy = { ...WRITE, policy: { type: "read-only" }, writable: [], denied: [] };
const ONLINE: ResolvedPolicy = { ...WRITE, network: true };

const captured = (text: string): Captured => {
  const head = new TextEncoder().encode(text);
  return { head, tail: new Uint8Array(0), omitted_bytes: 0, total_bytes: head.length };
};
const exited = (code: number): ExitStatus => ({ type: "exited", code });
const find = (text: string, policy = WRITE, exit = exited(1)): ReturnType<typeof findDenial> =>
  findDenial(exit, captured(text), { policy, cwd: policy.cwd });

/** Processor time of this process, in milliseconds: other work on the machine does not count. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

describe("the target of a denial", () => {
  it.each([
    ["bash: line 1: /out/x y: Read-only file system", "/out/x y"],
    ["bash: /out/x: Permission denied", "/out/x"],
    ["sh: 1: cannot create /out/x: Read-only file system", "/out/x"],
    ["zsh:1: read-only file system: /out/x", "/out/x"],
    ["touch: cannot touch '/out/x': Read-only file system", "/out/x"],
    ["mkdir: cannot create directory ‘/out/x’: Permission denied", "/out/x"],
    ["mv: cannot move 'a' to '/out/x': Read-only file system", "/out/x"],
    ["tee: /out/x: Read-only file system", "/out/x"],
    ["sed: couldn't open temporary file /out/sedAbCdEf: Read-only file system", "/out/sedAbCdEf"],
    ["OSError: [Errno 30] Read-only file system: '/out/x'", "/out/x"],
    ["PermissionError: [Errno 13] Permission denied: '/out/x'", "/out/x"],
    ["Error: EROFS: read-only file system, open '/out/x'", "/out/x"],
    ["Error: EROFS: read-only file system, rename '/work/a' -> '/out/x'", "/out/x"],
    ["npm error Error: EACCES: permission denied, mkdir '/out/x'", "/out/x"],
    ["open /out/x: read-only file system", "/out/x"],
    ["java.io.FileNotFoundException: /out/x (Read-only file system)", "/out/x"],
    ["fatal: could not create work tree dir '/out/x': Read-only file system", "/out/x"],
    ["error: could not lock config file .git/config: Read-only file system", "/work/.git/config"],
    ["fatal: Unable to create '/work/.git/index.lock': Read-only file system", "/work/.git/index.lock"],
    ["Error: Read-only file system (os error 30)", undefined],
    ['Os { code: 30, kind: ReadOnlyFilesystem, message: "Read-only file system" }', undefined],
    ["cat: /secret/key: Permission denied", "/secret/key"],
  ])("%s", (line, target) => {
    expect(find(`before\n${line}\r\nafter\n`)).toMatchObject({ layer: "filesystem", certain: false });
    expect(find(line)?.target).toBe(target);
  });

  it.each([
    ["curl: (6) Could not resolve host: example.com", "example.com"],
    ["ssh: Could not resolve hostname github.com: Temporary failure in name resolution", "github.com"],
    ["wget: unable to resolve host address ‘example.com’", "example.com"],
    ["npm error network getaddrinfo EAI_AGAIN registry.example.org", "registry.example.org"],
    ["Error: connect ENETUNREACH 192.0.2.1:443 - Local (0.0.0.0:0)", "192.0.2.1:443"],
    ["HTTPSConnectionPool(host='pypi.example', port=443): Failed to establish a new connection: x", "pypi.example"],
    ["socket.gaierror: [Errno -3] Temporary failure in name resolution", undefined],
    ["OSError: [Errno 101] Network is unreachable", undefined],
    ["dial tcp: lookup proxy.example on 1.1.1.1:53: no such host", "proxy.example"],
  ])("%s", (line, target) => {
    expect(find(line)).toMatchObject({ layer: "network", certain: false });
    expect(find(line)?.target).toBe(target);
    expect(find(line, ONLINE)).toBeUndefined();
  });
});

describe("the change that a denial proposes", () => {
  it.each([
    ["touch: cannot touch '/out/x': Read-only file system", WRITE, "--add-dir /out"],
    ["touch: cannot touch '/o t/x': Read-only file system", WRITE, "--add-dir '/o t'"],
    ["touch: cannot touch '/x': Read-only file system", WRITE, "--add-dir /x"],
    ["touch: cannot touch '/work/.git/x': Read-only file system", WRITE, "--add-dir /work/.git"],
    ["touch: cannot touch '/work/x': Read-only file system", READ, "-s workspace-write"],
    ["touch: cannot touch '/out/x': Read-only file system", READ, "-s workspace-write --add-dir /out"],
    ["tee: /proc/sys/x: Read-only file system", WRITE, undefined],
    ["cat: /secret/key: Permission denied", WRITE, undefined],
    ["Network is unreachable", WRITE, "-c sandbox_workspace_write.network_access=true"],
    ["Network is unreachable", READ, "-s workspace-write -c sandbox_workspace_write.network_access=true"],
  ])("%s", (line, policy, allow_with) => {
    expect(find(line, policy)?.allow_with).toBe(allow_with);
  });
});

describe("no denial", () => {
  it.each([
    ["success", "touch: cannot touch '/out/x': Read-only file system", exited(0)],
    ["an ordinary failure", "assertion failed: 1 != 2", exited(1)],
    ["the bare word", "the sandbox is a box of sand", exited(1)],
    ["a refusal inside the roots", "bash: ./script.sh: Permission denied", exited(126)],
    ["a time-out", "/out/x: Permission denied", { type: "timed_out" }],
    ["a signal", "/out/x: Permission denied", { type: "signaled", signal: "SIGTERM" }],
  ] as const)("is seen in %s", (_what, text, exit) => {
    expect(find(text, WRITE, exit)).toBeUndefined();
  });
});

describe("refused system calls", () => {
  it("are certain when the kernel killed for one, else concluded", () => {
    const sandbox = { layer: "sandbox", rule: { layer: "sandbox" } };
    expect(find("", WRITE, { type: "signaled", signal: "SIGSYS" })).toMatchObject({ ...sandbox, certain: true });
    expect(find("", WRITE, exited(159))).toMatchObject({ ...sandbox, certain: false });
    expect(find("unshare: unshare failed: Operation not permitted")).toMatchObject({ ...sandbox, certain: false });
  });
});

describe("a failed file operation", () => {
  it("is a certain denial only where the policy forbids it", () => {
    expect(fileDenial("EROFS", "/out/x", WRITE)).toMatchObject({ target: "/out/x", certain: true });
    expect(fileDenial("EACCES", "/work/.codex/x", WRITE)).toMatchObject({ target: "/work/.codex/x", certain: true });
    expect(fileDenial("EACCES", "/work/x", WRITE)).toBeUndefined();
    expect(fileDenial("ENOENT", "/out/x", WRITE)).toBeUndefined();
  });
});

describe("a flood of output", () => {
  it("is searched at both ends only, in little time", () => {
    const noise = `${"x".repeat(200)} permission\n`.repeat(2500);
    const all = new TextEncoder().encode(`${noise}tee: /out/x: Read-only file system\n${noise}`);
    const both = { head: all.subarray(0, 524_288), tail: all.subarray(-524_288), omitted_bytes: 1, total_bytes: 2e9 };
    const before = processorTime();
    findDenial(exited(1), both, { policy: WRITE, cwd: "/work" });
    expect(processorTime() - before).toBeLessThan(500);
  });
});
