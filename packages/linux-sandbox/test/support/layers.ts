import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createFolder } from "./sandbox.js";

/** Names of `native/helper.h`; a build without the layer exists for these tests only. */
export const LAYERS = {
  mounts: "LAYER_MOUNTS",
  Landlock: "LAYER_LANDLOCK",
  seccomp: "LAYER_SECCOMP",
  network: "LAYER_NETWORK",
  processes: "LAYER_PROCESSES",
  privileges: "LAYER_PRIVILEGES",
  descriptors: "LAYER_DESCRIPTORS",
} as const;
export type Layer = keyof typeof LAYERS;

const NATIVE = fileURLToPath(new URL("../../native/", import.meta.url));

/** The helper without one layer, in a folder that goes away. */
export function buildWithout(layer: Layer): string {
  const helper = join(createFolder(), "helper");
  const sources = readdirSync(NATIVE).filter((name) => name.endsWith(".c"));
  const files = sources.map((name) => join(NATIVE, name));
  execFileSync("cc", ["-O0", "-Wall", "-Werror", `-DWITHOUT=${LAYERS[layer]}`, "-o", helper, ...files]);
  for (const path of [helper, join(helper, "..")]) chmodSync(path, 0o755);
  return helper;
}

/** The file number of our user namespace: an attempt that finds itself in it is not made. */
export const HOST_USER_NAMESPACE = String(statSync("/proc/self/ns/user").ino);

export type EscapeCase = {
  /** A bash script that ends in 0 only when it got what it may not have. Harmless where it works: see the test. */
  readonly script: string;
  readonly network?: true;
  /** `$OUT` may not be read. */
  readonly denied?: true;
  /** What standard input is: a file or a folder outside the roots, open for reading. */
  readonly stdin?: "file" | "folder";
  /** Descriptor 4 is a file outside, open for appending; 5 for reading; 6 is the folder. */
  readonly inherited?: true;
  /** Got only when a process with `$MARKER` in its command line is left. */
  readonly leaves?: true;
};

const python = (code: string): string => `python3 -c 'import os, socket, sys, resource\n${code}'`;
const attempts = (name: string): string => `[ "$($ATTEMPTS $ROOT ${name})" = "${name} ok" ]`;
const SYSTEM_CALLS = "ptrace io_uring_setup keyctl add_key userfaultfd kcmp process_vm_readv unshare-user clone-user";

/** By the layer that is meant to hold it. */
export const ESCAPE_CASES: Readonly<Record<Layer | "several", Readonly<Record<string, EscapeCase>>>> = {
  mounts: {
    "mode of a file outside": { script: "chmod 600 $OUT/file" },
    "mode of a folder outside": { script: "chmod 700 $OUT" },
    "times of a file outside": { script: "touch -d 2001-01-01 $OUT/file" },
    "owner of a file outside": { script: "chown $(id -u):$(id -g) $OUT/file" },
    "attribute of a file outside": { script: python('os.setxattr(os.environ["OUT"] + "/file", "user.x", b"x")') },
    "git hook in a root": { script: "echo x > .git/hook" },
    "moving .git away": { script: "mv .git other" },
    "making .codex": { script: "chmod 755 .codex && echo x > .codex/config.toml" },
    "reading an unreadable file": { script: "cat $OUT/file", denied: true },
    "listing an unreadable folder": { script: "ls $OUT", denied: true },
  },
  Landlock: {
    "writing to an inherited file": { script: "echo x > /proc/self/fd/0", stdin: "file" },
    "emptying an inherited file": { script: "truncate -s 0 /proc/self/fd/0", stdin: "file" },
    "a new folder in an inherited one": { script: "mkdir /proc/self/fd/0/new", stdin: "folder" },
    "removing from an inherited folder": { script: "rm -f /proc/self/fd/0/file", stdin: "folder" },
    "abstract socket of the host, network on": {
      script: python('socket.socket(socket.AF_UNIX).connect(("\\0" + os.environ["ABSTRACT"]).ljust(108, "\\0"))'),
      network: true,
    },
    "abstract socket of the host by its exact name, network on": {
      script: python('socket.socket(socket.AF_UNIX).connect("\\0" + os.environ["ABSTRACT"] + "-exact")'),
      network: true,
    },
  },
  seccomp: {
    ...Object.fromEntries(SYSTEM_CALLS.split(" ").map((name) => [name, { script: attempts(name) }])),
    "unix socket of the host": { script: python('socket.socket(socket.AF_UNIX).connect(os.environ["SOCKET"])') },
  },
  network: {
    "the host's 127.0.0.1": { script: python('socket.create_connection(("127.0.0.1", int(os.environ["PORT"])), 2)') },
    "the host's ::1": { script: python('socket.create_connection(("::1", int(os.environ["PORT"])), 2)') },
    "a datagram to the host": {
      script: python(`one = socket.socket(2, 2); one.settimeout(1)
one.sendto(b"x", ("127.0.0.1", int(os.environ["PORT"]))); one.recv(1)`),
    },
    "sockets of the host in /proc": {
      script: 'grep -qi ":$(printf %04X $PORT) " /proc/self/net/tcp6 /proc/self/net/tcp',
    },
  },
  processes: {
    "a handle on a process outside": { script: python('os.pidfd_open(int(os.environ["DECOY"]))') },
    "limits of a process outside": {
      script: python('resource.prlimit(int(os.environ["DECOY"]), resource.RLIMIT_CORE, (0, 0))'),
    },
    "outliving the command": { script: "setsid sleep $MARKER > /dev/null 2>&1 < /dev/null &", leaves: true },
  },
  privileges: {
    "giving a file away": { script: "chown 65534 file" },
    "reading another user's file": { script: "cat $OUT/private" },
    "becoming another user": { script: python("os.setuid(65534)") },
    "raw packets": { script: attempts("socket-raw") },
  },
  descriptors: {
    "writing to a descriptor of the caller": { script: "echo x >&4", inherited: true },
    "reading from a descriptor of the caller": { script: '[ -n "$(cat <&5)" ]', inherited: true },
    "listing a folder of the caller": { script: '[ -n "$(ls /proc/self/fd/6/)" ]', inherited: true },
  },
  several: {
    "a new file outside": { script: "echo x > $OUT/new" },
    "an old file outside": { script: "echo x > $OUT/file" },
    "removing a file outside": { script: "rm -f $OUT/file" },
    "through a symbolic link": { script: "ln -s $OUT link && echo x > link/new" },
    "through a hard link": { script: "ln $OUT/file inside && echo x > inside" },
    "through /proc/self/root": { script: "echo x > /proc/self/root$OUT/new" },
    "renaming out of a root": { script: python('os.rename("file", os.environ["OUT"] + "/new")') },
    "abstract socket of the host": {
      script: python('socket.socket(socket.AF_UNIX).connect(("\\0" + os.environ["ABSTRACT"]).ljust(108, "\\0"))'),
    },
    "abstract socket of the host by its exact name": {
      script: python('socket.socket(socket.AF_UNIX).connect("\\0" + os.environ["ABSTRACT"] + "-exact")'),
    },
    "killing a process outside": { script: "kill -0 $DECOY" },
    "priority of a process outside": { script: "renice -n 5 -p $DECOY" },
    "processors of a process outside": {
      script: python('pid = int(os.environ["DECOY"]); os.sched_setaffinity(pid, os.sched_getaffinity(pid))'),
    },
    "mounting over a folder": { script: attempts("mount") },
    "unmounting a folder": { script: attempts("umount") },
    "changing the root": { script: attempts("chroot") },
  },
};
