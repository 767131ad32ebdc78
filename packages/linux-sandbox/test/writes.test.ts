import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { confine, enforce, findHelper, resolvePolicy, unconfined } from "../src/index.js";
import {
  NEVER,
  command,
  createFolder,
  createPlace,
  describeForUsers,
  run,
  runScript,
  snapshot,
} from "./support/sandbox.js";

/**
 * Each changes something in the throw-away folder `$OUT`, which is outside the roots, and ends in 0 if it could. So
 * these, and only these, are run unconfined too: to know that it is the sandbox that stops them.
 */
const ESCAPES: Readonly<Record<string, string>> = {
  "a new file by its path": "echo x > $OUT/new",
  "an old file by its path": "echo x > $OUT/file",
  "appending to a file": "echo x >> $OUT/file",
  "truncating a file": "truncate -s 0 $OUT/file",
  "removing a file": "rm -f $OUT/file",
  "a new folder": "mkdir $OUT/new",
  "the folder itself": "rmdir $OUT || mv $OUT $OUT.moved",
  "a path with dots": "echo x > $ROOT/../outside/new",
  "a relative path with dots": "echo x > ../outside/file",
  "the folder around the root": "echo x > ../new",
  "a symbolic link to a folder": "ln -s $OUT link && echo x > link/new",
  "a symbolic link to a file": "ln -s $OUT/file link && echo x > link",
  "a chain of symbolic links": "ln -s $OUT one && ln -s one two && ln -s two/file three && echo x > three",
  "a hard link": "ln $OUT/file inside && echo x > inside",
  "a hard link by descriptor": `python3 -c 'import ctypes, os
fd = os.open(os.environ["OUT"] + "/file", os.O_RDONLY)
ctypes.CDLL(None).linkat(-100, f"/proc/self/fd/{fd}".encode(), -100, b"inside", 0x400) and exit(1)
open("inside", "w").write("x")'`,
  "renaming out of the root": 'python3 -c \'import os; os.rename("file", os.environ["OUT"] + "/new")\'',
  "renaming into the root": 'python3 -c \'import os; os.rename(os.environ["OUT"] + "/file", "new")\'',
  "moving out of the root": "mv file $OUT/new",
  "exchanging two names": `python3 -c 'import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
sys.exit(libc.renameat2(-100, b"file", -100, (os.environ["OUT"] + "/file").encode(), 2) != 0)'`,
  "a grandchild": "sh -c 'sh -c \"echo x > $OUT/new\"'",
  "a python grandchild": 'sh -c \'python3 -c "open(\\"$OUT/new\\", \\"w\\")"\'',
  "a node grandchild": 'node -e \'require("fs").writeFileSync(process.env.OUT + "/new", "x")\'',
  "a background daemon": "setsid sh -c 'echo x > $OUT/new; echo $? > status' & wait; exit $(cat status)",
  "/proc/self/root": "echo x > /proc/self/root$OUT/new",
  "/proc/self/cwd": "echo x > /proc/self/cwd/../outside/new",
  "a descriptor opened for reading": "exec 8< $OUT/file; echo x > /proc/self/fd/8",
  "a descriptor of the folder": `python3 -c 'import os
fd = os.open(os.environ["OUT"], os.O_RDONLY | os.O_DIRECTORY)
os.open("new", os.O_CREAT | os.O_WRONLY, dir_fd=fd)'`,
  "an unnamed file linked later": `python3 -c 'import ctypes, os
fd = os.open(".", os.O_TMPFILE | os.O_RDWR)
target = (os.environ["OUT"] + "/new").encode()
exit(ctypes.CDLL(None).linkat(-100, f"/proc/self/fd/{fd}".encode(), -100, target, 0x400) != 0)'`,
  "a shared mapping": `python3 -c 'import mmap, os
with open(os.environ["OUT"] + "/file", "r+b") as file: mmap.mmap(file.fileno(), 0)[0:1] = b"x"'`,
  "the mode of a file": "chmod 600 $OUT/file",
  "the mode of the folder": "chmod 777 $OUT",
  "the owner of a file": "chown $(id -u):$(id -g) $OUT/file",
  "the times of a file": "touch -d 2001-01-01 $OUT/file",
  "an attribute of a file": 'python3 -c \'import os; os.setxattr(os.environ["OUT"] + "/file", "user.x", b"x")\'',
  "a socket by bind": 'python3 -c \'import os, socket; socket.socket(socket.AF_UNIX).bind(os.environ["OUT"] + "/s")\'',
  "a fifo": "mkfifo $OUT/new",
  "a symbolic link": "ln -s x $OUT/new",
};

/** Each reaches for the machine itself. Never to be run unconfined. */
const REACHES: Readonly<Record<string, string>> = {
  "the root of the first process": "echo x > /proc/1/root$OUT/new",
  "kernel settings": "value=$(cat /proc/sys/vm/swappiness) && echo $value > /proc/sys/vm/swappiness",
  "kernel objects": "value=$(cat /sys/kernel/mm/ksm/run) && echo $value > /sys/kernel/mm/ksm/run",
  "control groups": "mkdir /sys/fs/cgroup/unified/codex-sandbox-test || mkdir /sys/fs/cgroup/codex-sandbox-test",
  "a kernel log": "python3 -c 'import os; os.open(\"/dev/kmsg\", os.O_WRONLY)'",
  "a disk": 'python3 -c \'import glob, os; os.open((glob.glob("/dev/[vs]d?") + ["/dev/sda"])[0], os.O_WRONLY)\'',
  "the fresh /dev": "touch /dev/new",
  "the mode of a device": "chmod 600 /dev/null",
  "another process's memory": 'python3 -c \'open("/proc/1/mem", "r+b")\'',
  "the score of the memory killer": "echo -500 > /proc/1/oom_score_adj",
};

/** Each must go on working, and end in 0. */
const ALLOWED: Readonly<Record<string, string>> = {
  "a file in the root": "echo x > new && test -f new && rm new",
  "changing a file": "echo x >> file && chmod 600 file && touch -d 2001-01-01 file",
  "a folder with files": "mkdir -p a/b && touch a/b/c && mv a d && rm -r d",
  "a rename over a file": "echo x > one && mv one file",
  "a hard link in the root": "ln file other && echo x >> other",
  "a symbolic link in the root": "ln -s file link && cat link",
  "reading outside": "cat $OUT/file",
  "reading what a link outside means": "ln -s $OUT/file link && cat link",
  "the null device": "echo x > /dev/null && cat /dev/null",
  "the other devices": "head -c 1 /dev/zero /dev/full /dev/random /dev/urandom > /dev/null; ! echo x > /dev/full",
  "shared memory": "echo x > /dev/shm/a && rm /dev/shm/a",
  "listing /": "ls / /bin > /dev/null",
};

describeForUsers("writes", (user) => {
  it.each(Object.entries(ESCAPES))("cannot reach outside the roots by %s", async (_name, script) => {
    const place = createPlace(user);
    const before = snapshot(place.outside);
    const { code, stderr, status } = await runScript(place, script);
    expect(status).toBe("");
    expect({ code, stderr }).not.toMatchObject({ code: 0 });
    expect(stderr).not.toMatch(/not found|SyntaxError|NameError|AttributeError/);
    expect(snapshot(place.outside)).toBe(before);
    expect(readFileSync(join(place.outside, "file"), "utf8")).toBe("untouched\n");
  });

  it.each(Object.entries(ESCAPES))("could reach outside without the sandbox by %s", async (_name, script) => {
    const place = createPlace(user);
    const argv = unconfined(findHelper(), command(place.root, "bash", "-c", script));
    const env = { OUT: place.outside, ROOT: place.root };
    expect(await run(argv, { user, env })).toMatchObject({ code: 0, status: "" });
  });

  it.each(Object.entries(REACHES))("cannot reach the machine by %s", async (_name, script) => {
    const { code, stderr, status } = await runScript(createPlace(user), script);
    expect({ code, stderr, status }).toMatchObject({ code: 1, status: "" });
    expect(stderr).toMatch(/Read-only file system|[Pp]ermission denied|not permitted|No such file/);
  });

  it.each(Object.entries(ALLOWED))("go on working: %s", async (_name, script) => {
    const { code, stderr, status } = await runScript(createPlace(user), script);
    expect({ code, stderr, status }).toEqual({ code: 0, stderr: expect.any(String), status: "" });
  });

  it("cannot turn an inherited descriptor for reading into one for writing", async () => {
    const place = createPlace(user);
    const stdin = openSync(join(place.outside, "file"), "r");
    const { code, stderr } = await runScript(place, "echo x > /proc/self/fd/0", { stdin });
    closeSync(stdin);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("denied") });
    expect(readFileSync(join(place.outside, "file"), "utf8")).toBe("untouched\n");
  });

  it("cannot use an inherited folder as a door", async () => {
    const place = createPlace(user);
    const stdin = openSync(place.outside, "r");
    const script = `exec 8<&0 < /dev/null
      python3 -c 'import os; os.open("new", os.O_CREAT | os.O_WRONLY, dir_fd=os.open("/proc/self/fd/8", os.O_RDONLY))'`;
    const { code, stderr } = await runScript(place, script, { stdin });
    closeSync(stdin);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("denied") });
  });

  it("lose a race that swaps a folder for a symbolic link", async () => {
    const place = createPlace(user);
    const before = snapshot(place.outside);
    const script = `mkdir real; (while :; do ln -sfn real swap; ln -sfn $OUT swap; done) & 
      for i in $(seq 300); do echo x > swap/new; echo y > swap/file; done 2> /dev/null; test -f real/new`;
    await runScript(place, script);
    expect(snapshot(place.outside)).toBe(before);
  });

  it("reach named roots, also nested and through the name of the session's folder only", async () => {
    const place = createPlace(user);
    const other = createFolder(user);
    const script = `echo x > ${other}/new && ln -s ${other} link && echo x > link/new`;
    const { code, stderr } = await runScript(place, script, { roots: [other, join(place.root, "file")] });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(readFileSync(join(other, "new"), "utf8")).toBe("x\n");
  });

  it("reach a root that is one file, and not the files beside it", async () => {
    const place = createPlace(user);
    const script = "echo x >> $OUT/file; echo x > $OUT/new";
    const { code, stderr } = await runScript(place, script, { roots: [join(place.outside, "file")] });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("Read-only file system") });
    expect(readFileSync(join(place.outside, "file"), "utf8")).toBe("untouched\nx\n");
  });

  it("hold with many roots, and with long arguments and variables", async () => {
    const place = createPlace(user);
    const roots = Array.from({ length: 200 }, () => createFolder(user));
    const script = `test \${#LONG} = 100000 && echo x > ${roots[199]}/new && echo x > $OUT/new`;
    const { code, stderr } = await runScript(place, script, { roots, env: { LONG: "x".repeat(100_000) } });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("Read-only file system") });
  });

  it("cannot happen at all under read-only", async () => {
    const place = createPlace(user);
    const resolved = await resolvePolicy({ type: "read-only" }, place.root, { tmpdir: "/tmp", allow_missing: [] });
    const confinement = await enforce(resolved, findHelper(), NEVER);
    const script = `for folder in ${place.root} ${place.outside} /tmp /var/tmp; do touch $folder/file-new && exit 0; done`;
    expect(await run(confine(confinement, command(place.root, "bash", "-c", script)), { user })).toMatchObject({
      code: 1,
    });
  });
});
