/** The system call filter of each architecture, run step by step against that architecture's own numbers. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { createFolder } from "./support/sandbox.js";

const SOURCE = fileURLToPath(new URL("native/print-filter.c", import.meta.url));
const ALLOW = 0x7fff0000;
const REFUSE = 0x00050001; // errno EPERM
const ABSENT = 0x00050026; // errno ENOSYS
const KILL = 0x80000000;

type Machine = {
  /** AUDIT_ARCH_*, as the kernel tells a filter. */
  readonly arch: number;
  readonly compiler: string;
  readonly emulator: readonly string[];
  readonly calls: Readonly<Record<string, number>>;
};

/** The kernel's tables: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. */
const MACHINES: Readonly<Record<string, Machine>> = {
  x64: {
    arch: 0xc000003e,
    compiler: process.arch === "x64" ? "cc" : "x86_64-linux-gnu-gcc",
    emulator: process.arch === "x64" ? [] : ["qemu-x86_64-static"],
    calls: numbers(`ptrace 101 process_vm_readv 310 process_vm_writev 311 kcmp 312 keyctl 250 add_key 248
      request_key 249 bpf 321 userfaultfd 323 perf_event_open 298 mount 165 umount2 166 pivot_root 155 chroot 161
      setns 308 open_by_handle_at 304 fanotify_init 300 quotactl 179 kexec_load 246 kexec_file_load 320
      init_module 175 finit_module 313 delete_module 176 reboot 169 swapon 167 swapoff 168 acct 163 settimeofday 164
      clock_settime 227 sethostname 170 setdomainname 171 syslog 103 vhangup 153 read 0 write 1 openat 257 execve 59
      exit_group 231 futex 202 connect 42 bind 49 sendto 44 sendmsg 46 mmap 9 clone 56 unshare 272 ioctl 16 socket 41
      socketpair 53 fchmod 91 fchmodat 268 fchown 93 fchownat 260 utimensat 280 setxattr 188 removexattr 197`),
  },
  arm64: {
    arch: 0xc00000b7,
    compiler: process.arch === "arm64" ? "cc" : "aarch64-linux-gnu-gcc",
    emulator: process.arch === "arm64" ? [] : ["qemu-aarch64-static"],
    calls: numbers(`ptrace 117 process_vm_readv 270 process_vm_writev 271 kcmp 272 keyctl 219 add_key 217
      request_key 218 bpf 280 userfaultfd 282 perf_event_open 241 mount 40 umount2 39 pivot_root 41 chroot 51
      setns 268 open_by_handle_at 265 fanotify_init 262 quotactl 60 kexec_load 104 kexec_file_load 294
      init_module 105 finit_module 273 delete_module 106 reboot 142 swapon 224 swapoff 225 acct 89 settimeofday 170
      clock_settime 112 sethostname 161 setdomainname 162 syslog 116 vhangup 58 read 63 write 64 openat 56
      execve 221 exit_group 94 futex 98 connect 203 bind 200 sendto 206 sendmsg 211 mmap 222 clone 220 unshare 97
      ioctl 29 socket 198 socketpair 199 fchmod 52 fchmodat 53 fchown 55 fchownat 54 utimensat 88 setxattr 5
      removexattr 14`),
  },
};

/** The same number everywhere. */
const SHARED = numbers(`io_uring_setup 425 io_uring_enter 426 io_uring_register 427 open_tree 428 move_mount 429
  fsopen 430 fsconfig 431 fsmount 432 fspick 433 pidfd_getfd 438 mount_setattr 442 quotactl_fd 443
  open_tree_attr 467`);
const REFUSED = `ptrace process_vm_readv process_vm_writev kcmp keyctl add_key request_key bpf userfaultfd
  perf_event_open mount umount2 pivot_root chroot setns open_by_handle_at fanotify_init quotactl kexec_load
  kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct settimeofday clock_settime
  sethostname setdomainname syslog vhangup`.split(/\s+/);
const NEEDED = "read write openat execve exit_group futex connect bind sendto sendmsg mmap".split(" ");
const METADATA = "fchmod fchmodat fchown fchownat utimensat setxattr removexattr".split(" ");

const [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK] = [1, 2, 10, 16, 17, 40];
const NEW_USER = 0x10000000;

function numbers(text: string): Readonly<Record<string, number>> {
  const words = text.trim().split(/\s+/);
  return Object.fromEntries(words.flatMap((word, at) => (at % 2 === 0 ? [[word, Number(words[at + 1])]] : [])));
}

type Step = { readonly code: number; readonly if_true: number; readonly if_false: number; readonly value: number };

/** Absent: this machine cannot compile or run for that one. */
function printer(machine: Machine): ((...words: readonly string[]) => readonly Step[]) | undefined {
  const program = join(createFolder(), "print-filter");
  const [first = program, ...rest] = [...machine.emulator, program];
  try {
    const flags = ["-O1", "-Wall", "-Wextra", "-Werror", "-static"];
    execFileSync(machine.compiler, [...flags, "-o", program, SOURCE], { stdio: "pipe" });
    execFileSync(first, rest, { stdio: "pipe" });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return (...words) => {
    const text = execFileSync(first, [...rest, ...words], { encoding: "utf8" });
    return text.trim().split("\n").map(readStep);
  };
}

function readStep(line: string): Step {
  const [code = 0, if_true = 0, if_false = 0, value = 0] = line.split(" ").map(Number);
  return { code, if_true, if_false, value };
}

type Call = { readonly arch: number; readonly number: number; readonly words: readonly number[] };

/** What the filter answers: linux/seccomp.h's struct of number, architecture, place and six words of 64 bits. */
function answer(filter: readonly Step[], { arch, number, words }: Call): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(arch, 4);
  for (const [index, word] of words.entries()) data.writeBigUInt64LE(BigInt(word), 16 + 8 * index);
  let loaded = 0;
  for (let at = 0; at < filter.length; at++) {
    const step = filter[at];
    if (step === undefined) break;
    if (step.code === 0x20) loaded = data.readUInt32LE(step.value);
    else if (step.code === 0x06) return step.value;
    else at += holds(step, loaded) ? step.if_true : step.if_false;
  }
  throw new Error("the filter ends without an answer");
}

function holds({ code, value }: Step, loaded: number): boolean {
  if (code === 0x15) return loaded === value;
  if (code === 0x35) return loaded >= value;
  if (code === 0x45) return (loaded & value) !== 0;
  throw new Error(`an instruction this filter has never had: ${code}`);
}

describe.each(Object.entries(MACHINES))("the system call filter of %s", (name, machine) => {
  const print = printer(machine);
  if (print === undefined) console.warn(`linux-sandbox: no ${machine.compiler} or emulator, so ${name} is not tried`);

  function asked(words: readonly string[]) {
    const filter = print?.(...words);
    const number = (call: string): number => machine.calls[call] ?? SHARED[call] ?? Number.NaN;
    return (call: string, ...values: readonly number[]): number | undefined =>
      filter && answer(filter, { arch: machine.arch, number: number(call), words: values });
  }

  /** `expected` where it could be asked. */
  function all(expected: number): unknown {
    return print === undefined ? undefined : expected;
  }

  it.each([[["tree", "own"]], [["tree", "network", "write"]], [["write"]]])(
    "refuses what reaches around the other layers, and lets programs work: %j",
    (words) => {
      const ask = asked(words);
      for (const call of [...REFUSED, ...Object.keys(SHARED)]) expect([call, ask(call)]).toEqual([call, all(REFUSE)]);
      for (const call of NEEDED) expect([call, ask(call)]).toEqual([call, all(ALLOW)]);
    },
  );

  it("kills calls of a foreign architecture, and refuses the numbers of x32", () => {
    const filter = print?.("tree") ?? [];
    if (print === undefined) return;
    const foreign = [0x40000003, 0x40000028, machine.arch === 0xc00000b7 ? 0xc000003e : 0xc00000b7];
    for (const arch of foreign) expect(answer(filter, { arch, number: 0, words: [] })).toBe(KILL);
    const x32 = answer(filter, { arch: machine.arch, number: 0x40000000, words: [] });
    expect(x32).toBe(name === "x64" ? REFUSE : ALLOW);
  });

  it("refuses new namespaces and lets threads and processes start", () => {
    const ask = asked(["tree"]);
    expect(ask("clone", 0x3d0f00)).toBe(all(ALLOW));
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, NEW_USER, 0x20000000, 0x40000000]) {
      expect([ask("clone", flag | 17), ask("unshare", flag)]).toEqual([all(REFUSE), all(REFUSE)]);
    }
    expect([ask("unshare", 0x80), ask("unshare", 0x400)]).toEqual([all(REFUSE), all(ALLOW)]);
    const clone3 = print && answer(print("tree"), { arch: machine.arch, number: 435, words: [] });
    expect(clone3).toBe(all(ABSENT));
  });

  it("refuses typing into a terminal", () => {
    const ask = asked(["tree"]);
    expect([ask("ioctl", 0, 0x5412), ask("ioctl", 0, 0x541c), ask("ioctl", 0, 0x5413)]).toEqual(
      [REFUSE, REFUSE, ALLOW].map(all),
    );
  });

  it.each([
    [["tree"], [REFUSE, REFUSE, REFUSE, REFUSE]],
    [
      ["tree", "own"],
      [REFUSE, ALLOW, ALLOW, ALLOW],
    ],
    [
      ["tree", "network"],
      [ALLOW, ALLOW, ALLOW, ALLOW],
    ],
  ] as const)("opens the sockets of %j", (words, [unix, four, six, routes]) => {
    const ask = asked(words);
    expect([ask("socket", AF_UNIX), ask("socket", AF_INET), ask("socket", AF_INET6)]).toEqual(
      [unix, four, six].map(all),
    );
    expect([ask("socket", AF_NETLINK, 3, 0), ask("socket", AF_NETLINK, 3, 16)]).toEqual([routes, REFUSE].map(all));
    expect([ask("socket", AF_PACKET), ask("socket", AF_VSOCK)]).toEqual([REFUSE, REFUSE].map(all));
    expect([ask("socketpair", AF_UNIX), ask("socketpair", AF_INET)]).toEqual([ALLOW, REFUSE].map(all));
  });

  it("leaves modes, owners and times alone only without mounts and without a writable root", () => {
    for (const call of METADATA) {
      const answers = [[], ["write"], ["tree"]].map((words) => asked(words)(call));
      expect([call, ...answers]).toEqual([call, ...[REFUSE, ALLOW, ALLOW].map(all)]);
    }
  });
});
