import { chmodSync, existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { capture } from "../src/index.js";
import { VARS, emptyFolder, isRunning, request, run } from "./support.js";
import type { Environment } from "@codex/protocol";

/** A place whose `folder` may be written. */
export type Place = { readonly where: Environment; readonly folder: string };

const fresh = (): AbortSignal => new AbortController().signal;
const bytes = (text: string): Uint8Array => Buffer.from(text);

/**
 * What every `Environment` promises (house.md §5.6), whatever place it is. The folder is seen by the test itself: a
 * remote place shares it.
 */
export function itKeepsTheContract(name: string, make: (folder: string) => Promise<Place>): void {
  const open = (): Promise<Place> => make(emptyFolder());

  describe(`a command in: ${name}`, () => {
    it("gives exit code and both streams", async () => {
      const { where, folder } = await open();
      const { exit, text } = await run(where, request("echo out; echo problem >&2; exit 3", folder));
      expect([exit, text.split("\n").sort()]).toEqual([{ type: "exited", code: 3 }, ["", "out", "problem"]]);
    });

    it("gets exactly the arguments, variables and directory it was given", async () => {
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
      expect(names.text.match(/^(?!PATH=|ONLY=|PWD=|SHLVL=|_=).+$/gm)).toBeNull();
    });

    it("reads an empty input when it is closed, and what is written when it is not", async () => {
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
    });

    it("that cannot start is an exit status", async () => {
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
    });

    it("gives every byte in order, of any output", async () => {
      const { where, folder } = await open();
      const running = where.exec(request("seq 1 200000", folder), fresh());
      const parts: Uint8Array[] = [];
      for await (const chunk of running.output) parts.push(chunk.data);
      const expected = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join("");
      expect(Buffer.concat(parts).toString() === expected).toBe(true);
      expect(await running.exit).toEqual({ type: "exited", code: 0 });
    });

    it("ends with all it started when its time is up, and when it is aborted", async () => {
      const { where, folder } = await open();
      const mark = `contract-${process.pid}-${name.replaceAll(/\W/g, "-")}`;
      const family = `trap "" TERM; bash -c 'exec -a ${mark} sleep 1000' & echo started; wait`;
      expect((await run(where, request(family, folder, { timeout_ms: 500 }))).exit).toEqual({ type: "timed_out" });
      const controller = new AbortController();
      const running = where.exec(request(family, folder), controller.signal);
      for await (const chunk of running.output) if (Buffer.from(chunk.data).includes("started")) break;
      expect(isRunning(mark)).toBe(true);
      controller.abort();
      expect((await running.exit).type).toBe("signaled");
      expect(isRunning(mark)).toBe(false);
    });

    it("is not started when its signal has aborted", async () => {
      const { where, folder } = await open();
      const { exit } = await run(where, request("touch made", folder), AbortSignal.abort());
      expect([exit.type, existsSync(join(folder, "made"))]).toEqual(["signaled", false]);
    });

    it.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)("can be sent %s", async (signal) => {
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
    });

    it("has a terminal when it is given one", async () => {
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
    });
  });

  describe(`files in: ${name}`, () => {
    it("are written, read, listed, moved and removed, byte for byte", async () => {
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
    });

    it("that are not there are undefined; other failures say what is wrong", async () => {
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
    });

    it("keep mode and symlinks when they are replaced", async () => {
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
    });
  });
}
