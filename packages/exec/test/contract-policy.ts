import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { fresh } from "./contract.js";
import { emptyFolder, request, run, workspaceWrite } from "./support.js";
import type { Case } from "./contract.js";

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** What every confined `Environment` promises besides. Nothing here could harm the machine if it were not held. */
export const POLICY: readonly Case[] = [
  {
    about: "policy",
    says: "lets the workspace be written, and nothing beside it",
    async holds(open) {
      const { where, folder } = await open();
      const outside = join(emptyFolder(), "outside");
      const { exit } = await run(where, request(`echo in > inside; echo out > ${outside}`, folder));
      expect(exit).not.toEqual({ type: "exited", code: 0 });
      expect([readFileSync(join(folder, "inside"), "utf8"), existsSync(outside)]).toEqual(["in\n", false]);
      await expect(where.files.write(outside, bytes("x"), fresh())).rejects.toMatchObject({ code: "file_error" });
      expect(existsSync(outside)).toBe(false);
    },
  },
  {
    about: "policy",
    says: "read-only: lets nothing be written, and all of the workspace be read",
    async holds(open) {
      const { where, folder } = await open({ type: "read-only" });
      writeFileSync(join(folder, "there"), "read me");
      const { exit, captured, text } = await run(where, request("cat there; echo x > there", folder));
      expect([exit.type, text.startsWith("read me")]).toEqual(["exited", true]);
      expect(exit).not.toMatchObject({ code: 0 });
      expect(where.denial(exit, captured)).toMatchObject({ layer: "filesystem" });
      await expect(where.files.write(join(folder, "there"), bytes("x"), fresh())).rejects.toMatchObject({
        code: "file_error",
        denial: { layer: "filesystem", certain: true },
      });
      expect(Buffer.from((await where.files.read(join(folder, "there"), 99, fresh())) ?? [])).toEqual(
        Buffer.from("read me"),
      );
      expect(readFileSync(join(folder, "there"), "utf8")).toBe("read me");
    },
  },
  {
    about: "policy",
    says: "keeps .git, .codex and .agents of the workspace as they are, there or not",
    async holds(open) {
      const { where, folder } = await open(undefined, (made) => {
        mkdirSync(join(made, ".git"));
        writeFileSync(join(made, ".git/config"), "[core]\n");
      });
      const script = "echo x >> .git/config; mkdir .codex; touch .codex/config.toml; mv .git moved; cat .git/config";
      const { text } = await run(where, request(script, folder));
      expect(text).toContain("[core]\n");
      expect(readFileSync(join(folder, ".git/config"), "utf8")).toBe("[core]\n");
      expect([existsSync(join(folder, ".codex/config.toml")), existsSync(join(folder, "moved"))]).toEqual([
        false,
        false,
      ]);
      const write = where.files.write(join(folder, ".git/config"), bytes("x"), fresh());
      await expect(write).rejects.toMatchObject({ code: "file_error" });
    },
  },
  {
    about: "policy",
    says: "hides what may not be read",
    async holds(open) {
      const { where, folder } = await open(undefined, (made) => {
        mkdirSync(join(made, "hidden"));
        writeFileSync(join(made, "hidden/key"), "the secret");
        writeFileSync(join(made, "hidden-file"), "the secret");
      });
      const { text } = await run(where, request("cat hidden/key hidden-file; ls hidden; echo end", folder));
      expect([text.includes("the secret"), text.includes("end")]).toEqual([false, true]);
      const read = await where.files.read(join(folder, "hidden/key"), 99, fresh()).catch(() => undefined);
      const other = await where.files.read(join(folder, "hidden-file"), 99, fresh()).catch(() => undefined);
      expect([read, other]).toEqual([undefined, undefined]);
    },
  },
  {
    about: "policy",
    says: "has no network unless it allows one",
    async holds(open) {
      const server = createServer((socket) => socket.end("hello\n"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
      const address = server.address();
      const port = typeof address === "object" ? address?.port : 0;
      const script = `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`;
      const closed = await open();
      expect((await run(closed.where, request(script, closed.folder))).text).not.toContain("hello");
      const opened = await open(workspaceWrite({ network_access: true }));
      expect((await run(opened.where, request(script, opened.folder))).text).toBe("hello\n");
    },
  },
];
