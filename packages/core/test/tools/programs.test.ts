import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { ev } from "@codex/test-support";
import { describe, it, expect, onTestFinished } from "vitest";
import type { Live } from "../support/live.js";
import { liveSession } from "../support/live.js";

function where(program: string): string | undefined {
  const paths = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, program));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false; // not here
    }
  });
}

/** Says loudly what is not tested here. */
function itWith(program: string, name: string, test: (path: string) => Promise<void>): void {
  const path = where(program);
  if (path === undefined) process.stderr.write(`SKIPPED: ${name}: there is no ${program} on PATH\n`);
  it.skipIf(path === undefined)(name, () => test(path ?? ""), 60_000);
}

/** A program that is driven as a model would drive it. */
async function drive(program: string, first: RegExp, prepare?: (live: Live) => Promise<void>) {
  const live = await liveSession({ approval: '"never"', sandbox: "workspace-write" });
  onTestFinished(() => live[Symbol.asyncDispose]());
  await prepare?.(live);
  const started = await live.exec({ cmd: program, tty: true, login: false, yield_time_ms: 300 });
  const id = Number(/session ID (\d+)/.exec(started.output)?.[1]);
  if (Number.isNaN(id)) throw new Error(started.output);
  let text = started.output;
  let count = 0;
  const sees = async (pattern: RegExp): Promise<string> => {
    for (let tries = 0; !pattern.test(text); tries += 1) {
      if (tries === 20) throw new Error(`never came: ${String(pattern)} in ${JSON.stringify(text)}`);
      text += await say("", 250);
    }
    return text;
  };
  const say = async (chars: string, yield_time_ms: number): Promise<string> => {
    const call = ev.call(`key_${(count += 1)}`, "write_stdin", { session_id: id, chars, yield_time_ms });
    return (await live.call(call)).output;
  };
  const types = async (chars: string, expected: RegExp): Promise<string> => {
    text = await say(chars, 300);
    return sees(expected);
  };
  await sees(first);
  return { live, types };
}

describe("a model drives, inside the sandbox,", () => {
  itWith("python3", "a Python REPL", async () => {
    const { types } = await drive("python3 -q", />>> $/);
    await types("def twice(x):\n    return 2 * x\n\n", />>> $/);
    await types("twice(21)\n", /\n42\r\n>>> $/);
    await types("open('/outside', 'w')\n", /OSError.*Read-only file system: '\/outside'/s);
    await types("while True: pass\n", /Process running/);
    await types("\u0003", /KeyboardInterrupt\r\n>>> $/);
    await types("\u0004", /Process exited with code 0/);
  });

  itWith("node", "the debugger of Node", async () => {
    const { types } = await drive("node inspect loop.js", /debug> $/, (live) =>
      live.workspace.write("loop.js", "let sum = 0;\nfor (let i = 1; i < 4; i++) sum += i;\nconsole.log(sum);\n"),
    );
    await types("sb(3)\n", /debug> $/);
    await types("cont\n", /break in loop\.js:3/);
    await types("exec('sum')\n", /\n6\r\n|\b6\r\ndebug> $/);
    await types(".exit\n", /Process exited with code 0/);
  });

  itWith("vim", "an editor", async () => {
    const { live, types } = await drive("vim -u NONE -N note.txt", /note\.txt/, (live) =>
      live.workspace.write("note.txt", "one\ntwo\nthree\n"),
    );
    await types("jddOhello from vim\u001b", /hello from vim/);
    await types(":wq\r", /Process exited with code 0/);
    expect(await live.workspace.read("note.txt")).toBe("one\nhello from vim\nthree\n");
  });

  itWith("node", "a development server, which the next command asks and nobody else", async () => {
    const server = `
      require("http").createServer((request, response) => { console.log(request.url); response.end("hello\\n"); })
        .listen(4173, "127.0.0.1", function () { console.log("ready on", this.address().port) });
      process.stdin.on("data", (key) => { if (String(key).trim() === "q") process.exit(0); });`;
    const { live, types } = await drive("node server.js", /ready on 4173\r\n/, (opened) =>
      opened.workspace.write("server.js", server),
    );
    const ask = (path: string): string =>
      `node -e 'require("http").get("http://localhost:4173/${path}", (a) => a.pipe(process.stdout))'`;
    const next = await live.exec({ cmd: ask("node"), login: false });
    expect(next.output).toMatch(/Process exited with code 0\n.*\nOutput:\nhello\n$/s);
    const raw = "exec 5<> /dev/tcp/127.0.0.1/4173; printf 'GET /bash HTTP/1.0\\r\\n\\r\\n' >&5; tail -1 <&5";
    expect((await live.exec({ cmd: raw, login: false })).output).toMatch(/\nhello\n$/);
    await expect(fetch("http://127.0.0.1:4173/host")).rejects.toThrow("fetch failed");
    await using other = await liveSession({ approval: '"never"', sandbox: "workspace-write" });
    expect((await other.exec({ cmd: ask("other"), login: false })).output).toContain("ECONNREFUSED");
    expect(await types("q\n", /Process exited with code 0/)).toMatch(/\/node\r\n\/bash\r\n.*q/s);
  });
});
