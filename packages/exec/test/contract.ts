import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { expect } from "vitest";
import { capture } from "../src/index.js";
import { VARS, isRunning, request, run, until } from "./support.js";
import type { Environment, SandboxPolicy } from "@codex/protocol";

/** A place whose `folder` may be written. */
export type Place = { readonly where: Environment; readonly folder: string };

/** Makes the place, confined by a policy where it is a confined one (absent: only the folder may be written). */
export type Open = (policy?: SandboxPolicy, prepare?: (folder: string) => void) => Promise<Place>;

/** One promise of every `Environment` (house.md §5.6): what it says, and the test of it. */
export type Case = { readonly about: string; readonly says: string; readonly holds: (open: Open) => Promise<void> };

export const fresh = (): AbortSignal => new AbortController().signal;
/** The folder's name is a mark that no other test has. */
const markOf = (folder: string): string => `contract-${basename(folder)}`;
const bytes = (text: string): Uint8Array => Buffer.from(text);

export const COMMANDS: readonly Case[] = [
  {
    about: "commands",
    says: "gives exit code and both streams",
    async holds(open) {
      const { where, folder } = await open();
      const { exit, text } = await run(where, request("echo out; echo problem >&2; exit 3", folder));
      expect([exit, text.split("\n").sort()]).toEqual([{ type: "exited", code: 3 }, ["", "out", "problem"]]);
    },
  },
  {
    about: "commands",
    says: "gets exactly the arguments, variables and directory it was given",
    async holds(open) {
      const { where, folder } = await open();
      const words = ["a b", "", "'", '"', "$HOME", "*", "new\nline", "\\", "ünï 🎉", "-n", "--"];
      const script = 'printf "%s\\0" "$@" "$ONE" "$PWD"';
      const env = { ...VARS, ONE: "1 '2'\n$3" };
      const { captured } = await run(where, {
        argv: ["bash", "-c", script, "name", ...words],
        cwd: folder,
        env,
        stdin: "closed",
      });
      expect(Buffer.from(captured.head).toString().split("\0")).toEqual([...words, env.ONE, folder, ""]);
      const names = await run(where, {
        argv: ["env"],
        cwd: folder,
        env: { PATH: VARS.PATH, ONLY: "1" },
        stdin: "closed",
      });
      expect(names.text.match(/^(?!PATH=|ONLY=|PWD=|SHLVL=|_=|CODEX_TREE=).+$/gm)).toBeNull();
    },
  },
  {
    about: "commands",
    says: "reads an empty input when it is closed, and what is written when it is not",
    async holds(open) {
      const { where, folder } = await open();
      expect((await run(where, request("cat; echo end", folder))).text).toBe("end\n");
      const running = where.exec(request("cat; echo end", folder, { stdin: "pipe" }), fresh());
      await running.write(bytes("one "));
      await running.write(new Uint8Array([0, 255, 10]));
      running.closeInput();
      const captured = await capture(running.output, { signal: fresh() });
      expect(Buffer.from(captured.head)).toEqual(
        Buffer.concat([bytes("one "), bytes("\0"), Buffer.from([255, 10]), bytes("end\n")]),
      );
      await expect(running.write(bytes("late"))).rejects.toMatchObject({ code: "bad_request" });
    },
  },
  {
    about: "commands",
    says: "that cannot start is an exit status",
    async holds(open) {
      const { where, folder } = await open();
      writeFileSync(join(folder, "plain"), "text", { mode: 0o644 });
      const env = VARS;
      const tries = [
        { argv: ["/no/such/program"], cwd: folder, code: "not_found" },
        { argv: ["no-such-program"], cwd: folder, code: "not_found" },
        { argv: ["true"], cwd: join(folder, "none"), code: "not_found" },
        { argv: [join(folder, "plain")], cwd: folder, code: "not_executable" },
        { argv: [], cwd: folder, code: "not_found" },
      ];
      for (const { code, ...asked } of tries) {
        const { exit } = await run(where, { ...asked, env, stdin: "closed" });
        expect(exit).toMatchObject({ type: "failed_to_start", code });
      }
    },
  },
  {
    about: "commands",
    says: "gives every byte in order, of any output",
    async holds(open) {
      const { where, folder } = await open();
      const running = where.exec(request("seq 1 200000", folder), fresh());
      const parts: Uint8Array[] = [];
      for await (const chunk of running.output) parts.push(chunk.data);
      const expected = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join("");
      expect(Buffer.concat(parts).toString() === expected).toBe(true);
      expect(await running.exit).toEqual({ type: "exited", code: 0 });
    },
  },
  {
    about: "commands",
    says: "ends with all it started when its time is up, and when it is aborted",
    async holds(open) {
      const { where, folder } = await open();
      const mark = markOf(folder);
      const family = `trap "" TERM; bash -c 'exec -a ${mark} sleep 1000' & echo started; wait`;
      expect((await run(where, request(family, folder, { timeout_ms: 500 }))).exit).toEqual({ type: "timed_out" });
      const controller = new AbortController();
      const running = where.exec(request(family, folder), controller.signal);
      for await (const chunk of running.output) if (Buffer.from(chunk.data).includes("started")) break;
      expect(isRunning(mark)).toBe(true);
      controller.abort();
      expect((await running.exit).type).toBe("signaled");
      expect(isRunning(mark)).toBe(false);
    },
  },
  {
    about: "commands",
    says: "takes what it left in other sessions along",
    async holds(open) {
      const { where, folder } = await open();
      const mark = markOf(folder);
      const leave = `(setsid bash -c 'exec -a ${mark} sleep 1000' >/dev/null 2>&1 </dev/null &) ; echo left`;
      const controller = new AbortController();
      const running = where.exec(request(`${leave}; sleep 1000`, folder), controller.signal);
      for await (const chunk of running.output) if (Buffer.from(chunk.data).includes("left")) break;
      await until(() => isRunning(mark));
      controller.abort();
      await running.exit;
      await until(() => !isRunning(mark));
      expect((await run(where, request(leave, folder))).exit).toEqual({ type: "exited", code: 0 });
      await until(() => !isRunning(mark));
    },
  },
  {
    about: "commands",
    says: "waits for a slow consumer",
    async holds(open) {
      const { where, folder } = await open();
      const running = where.exec(request("head -c 30000000 /dev/zero; touch done", folder), fresh());
      const chunks = running.output[Symbol.asyncIterator]();
      let total = (await chunks.next()).value?.data.length ?? 0;
      // more than every buffer on the way holds is on its way, so it cannot be done
      expect(existsSync(join(folder, "done"))).toBe(false);
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
        total += next.value.data.length;
      expect([total, await running.exit]).toEqual([30_000_000, { type: "exited", code: 0 }]);
    },
  },
  {
    about: "commands",
    says: "is not started when its signal has aborted",
    async holds(open) {
      const { where, folder } = await open();
      const { exit } = await run(where, request("touch made", folder), AbortSignal.abort());
      expect([exit.type, existsSync(join(folder, "made"))]).toEqual(["signaled", false]);
    },
  },
  {
    about: "commands",
    says: "can be sent SIGTERM, SIGINT and SIGKILL",
    async holds(open) {
      for (const signal of ["SIGTERM", "SIGINT", "SIGKILL"] as const) {
        const { where, folder } = await open();
        const script = "trap 'exit 20' TERM; trap 'exit 21' INT; echo started; while :; do sleep 0.01; done";
        const running = where.exec(request(script, folder), fresh());
        for await (const chunk of running.output) if (Buffer.from(chunk.data).includes("started")) break;
        running.kill(signal);
        const expected = {
          SIGTERM: { type: "exited", code: 20 },
          SIGINT: { type: "exited", code: 21 },
          SIGKILL: { type: "signaled", signal: "SIGKILL" },
        };
        expect(await running.exit).toEqual(expected[signal]);
      }
    },
  },
  {
    about: "commands",
    says: "has a terminal when it is given one",
    async holds(open) {
      const { where, folder } = await open();
      const pty = { cols: 100, rows: 30 };
      const running = where.exec(
        request("stty size; read line < /dev/tty; echo got $line; exit 4", folder, { pty }),
        fresh(),
      );
      let text = "";
      let typed = false;
      for await (const chunk of running.output) {
        text += Buffer.from(chunk.data).toString();
        if (typed || !text.includes("30 100")) continue;
        typed = true;
        await running.write(bytes("hello\n"));
      }
      expect(text).toBe("30 100\r\nhello\r\ngot hello\r\n");
      expect(await running.exit).toEqual({ type: "exited", code: 4 });
    },
  },
  {
    about: "commands",
    says: "is told of the terminal's new size",
    async holds(open) {
      const { where, folder } = await open();
      const script = "trap 'stty size; exit 5' WINCH; echo started; while :; do sleep 0.05; done";
      const running = where.exec(request(script, folder, { pty: { cols: 80, rows: 24 } }), fresh());
      let text = "";
      for await (const chunk of running.output) {
        text += Buffer.from(chunk.data).toString();
        if (text.endsWith("started\r\n")) running.resize(111, 44);
      }
      expect([text, await running.exit]).toEqual(["started\r\n44 111\r\n", { type: "exited", code: 5 }]);
    },
  },
];

export const FILES: readonly Case[] = [
  {
    about: "files",
    says: "are written, read, listed, moved and removed, byte for byte",
    async holds(open) {
      const { where, folder } = await open();
      const { files } = where;
      const data = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
      const path = join(folder, "a/b c/d'\n");
      await files.mkdir(join(folder, "a/b c"), fresh());
      await files.write(path, data, fresh());
      expect(Buffer.from((await files.read(path, 100_000, fresh())) ?? []).equals(data)).toBe(true);
      expect(readFileSync(path).equals(data)).toBe(true);
      await files.rename(path, join(folder, "moved"), fresh());
      // a sandbox may hold places for metadata that must not be made
      const listed = (await files.list(folder, fresh())).filter((entry) => !entry.name.startsWith("."));
      expect(listed.map((entry) => [entry.name, entry.type])).toEqual([
        ["a", "directory"],
        ["moved", "file"],
      ]);
      expect(listed[1]?.size).toBe(70_000);
      await files.remove(join(folder, "moved"), fresh());
      expect(existsSync(join(folder, "moved"))).toBe(false);
    },
  },
  {
    about: "files",
    says: "that are not there are undefined; other failures say what is wrong",
    async holds(open) {
      const { where, folder } = await open();
      const { files } = where;
      expect(await files.read(join(folder, "none"), 10, fresh())).toBeUndefined();
      expect(await files.stat(join(folder, "none"), fresh())).toBeUndefined();
      writeFileSync(join(folder, "long"), "12345");
      const failures = [
        () => files.read(join(folder, "long"), 4, fresh()),
        () => files.read(folder, 10, fresh()),
        () => files.write(join(folder, "no/parent"), bytes("x"), fresh()),
        () => files.remove(join(folder, "none"), fresh()),
        () => files.list(join(folder, "none"), fresh()),
      ];
      for (const fails of failures) await expect(fails()).rejects.toMatchObject({ code: "file_error" });
    },
  },
  {
    about: "files",
    says: "keep mode and symlinks when they are replaced",
    async holds(open) {
      const { where, folder } = await open();
      const [target, link] = [join(folder, "tool"), join(folder, "link")];
      writeFileSync(target, "old");
      chmodSync(target, 0o750);
      symlinkSync("tool", link);
      await where.files.write(link, bytes("new"), fresh());
      expect([readFileSync(target, "utf8"), statSync(target).mode & 0o777, lstatSync(link).isSymbolicLink()]).toEqual([
        "new",
        0o750,
        true,
      ]);
      expect(await where.files.stat(link, fresh())).toMatchObject({ name: "link", type: "symlink" });
      expect(await where.files.stat(target, fresh())).toMatchObject({ type: "file", mode: 0o750, size: 3 });
      await where.files.remove(link, fresh());
      expect(existsSync(target)).toBe(true);
    },
  },
  {
    about: "files",
    says: "list everything there is, whatever its name, and tell links and folders apart",
    async holds(open) {
      const { where, folder } = await open();
      const names = ["new\nline", "a b", "-rf", "ünï 🎉", "*", "...", "'quoted'", ".hidden"].sort();
      for (const name of names) writeFileSync(join(folder, name), name);
      mkdirSync(join(folder, "zoo"), { mode: 0o711 });
      symlinkSync("zoo", join(folder, "zoo-link"));
      const listed = await where.files.list(folder, fresh());
      const own = listed.filter(({ name }) => ![".git", ".codex", ".agents"].includes(name));
      expect(own.map(({ name }) => name)).toEqual([...names, "zoo", "zoo-link"].sort());
      const special = own.filter(({ type }) => type !== "file").map(({ name, type }) => [name, type]);
      expect(special).toEqual([
        ["zoo", "directory"],
        ["zoo-link", "symlink"],
      ]);
      expect(own.find(({ name }) => name === "zoo")).toMatchObject({ mode: 0o711 });
      expect(await where.files.list(join(folder, "zoo"), fresh())).toEqual([]);
    },
  },
  {
    about: "files",
    says: "with several names are written in place, and new ones get the usual mode",
    async holds(open) {
      const { where, folder } = await open();
      const [one, other] = [join(folder, "one"), join(folder, "other")];
      writeFileSync(one, "old and long");
      linkSync(one, other);
      await where.files.write(one, bytes("new"), fresh());
      expect([readFileSync(other, "utf8"), statSync(one).ino === statSync(other).ino]).toEqual(["new", true]);
      await where.files.write(join(folder, "fresh"), new Uint8Array(0), fresh());
      expect([statSync(join(folder, "fresh")).mode & 0o777, statSync(join(folder, "fresh")).size]).toEqual([0o644, 0]);
      expect(readdirSync(folder).filter((name) => !name.startsWith("."))).toEqual(["fresh", "one", "other"]);
    },
  },
  {
    about: "files",
    says: "are moved over others, but not over folders",
    async holds(open) {
      const { where, folder } = await open();
      writeFileSync(join(folder, "from"), "from");
      writeFileSync(join(folder, "to"), "to");
      await where.files.rename(join(folder, "from"), join(folder, "to"), fresh());
      expect(readFileSync(join(folder, "to"), "utf8")).toBe("from");
      mkdirSync(join(folder, "dir/inner"), { recursive: true });
      await expect(where.files.rename(join(folder, "to"), join(folder, "dir"), fresh())).rejects.toMatchObject({
        code: "file_error",
      });
      await where.files.mkdir(join(folder, "dir/inner"), fresh());
      await expect(where.files.remove(join(folder, "dir"), fresh())).rejects.toMatchObject({ code: "file_error" });
      expect(existsSync(join(folder, "dir/inner"))).toBe(true);
    },
  },
];
