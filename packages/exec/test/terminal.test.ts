import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { capture, createDirectEnvironment } from "../src/index.js";
import { loadTerminals, startTerminal } from "../src/terminal.js";
import {
  NEVER,
  VARS,
  builtFixture,
  builtHelper,
  emptyFolder,
  firstMatch,
  isRunning,
  request,
  startHost,
  workspaceWrite,
} from "./support.js";
import type { Environment, Process } from "@codex/protocol";

let helper = "";
beforeAll(() => {
  helper = builtHelper();
});

const SIZE = { cols: 80, rows: 24 };
const ENV = { ...VARS, TERM: "dumb" };

const direct = (bare?: "bare"): Environment =>
  createDirectEnvironment({ id: "direct", helper: bare === undefined ? helper : undefined, allow_missing: [] });

async function confined(folder: string): Promise<Environment> {
  const outer = direct();
  return outer.confine(await outer.resolve(workspaceWrite(), folder));
}

const fresh = (): AbortSignal => new AbortController().signal;

/** A person at the terminal: reads what is on it, types when it is time. */
class Person {
  text = "";
  readonly running: Process;
  readonly #done: Promise<void>;
  #changed: (() => void) | undefined;

  constructor(running: Process) {
    this.running = running;
    this.#done = this.#read();
  }

  async sees(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.text)) {
      const more = new Promise<"more">((resolve) => (this.#changed = () => resolve("more")));
      const ended = this.#done.then(() => "ended" as const);
      if ((await Promise.race([more, ended])) === "ended" && !pattern.test(this.text)) {
        throw new Error(`never came: ${String(pattern)} in ${JSON.stringify(this.text)}`);
      }
    }
    const { text } = this;
    this.text = "";
    return text;
  }

  async types(text: string): Promise<void> {
    await this.running.write(Buffer.from(text));
  }

  async ends() {
    await this.#done;
    return this.running.exit;
  }

  async #read(): Promise<void> {
    for await (const chunk of this.running.output) {
      this.text += Buffer.from(chunk.data).toString();
      this.#changed?.();
    }
  }
}

const start = (where: Environment, script: string, cwd = "/", signal = fresh()): Person =>
  new Person(where.exec(request(script, cwd, { pty: SIZE, env: ENV }), signal));

describe.each(["confined", "direct", "direct without the helper"] as const)("a terminal, %s", (way) => {
  const place = (folder: string): Promise<Environment> | Environment =>
    way === "confined" ? confined(folder) : direct(way === "direct" ? undefined : "bare");

  it("is the command's controlling terminal, with a size, and translates line ends", async () => {
    const script =
      "tty </dev/tty; stty size; echo to the terminal > /dev/tty; test -t 0 && test -t 1 && test -t 2; exit $?";
    const person = start(await place("/"), script);
    expect(await person.ends()).toEqual({ type: "exited", code: 0 });
    expect(person.text).toMatch(/^\/dev\/(tty|pts\/\d+)\r\n24 80\r\nto the terminal\r\n$/);
  });

  it("has a name, which the command finds and can open", async () => {
    const script = 'name=$(tty) && test -c "$name" && echo opened > "$name"; echo "$name"';
    const person = start(await place("/"), script);
    expect(await person.ends()).toEqual({ type: "exited", code: 0 });
    expect(person.text).toMatch(
      way === "confined" ? /^opened\r\n\/dev\/console\r\n$/ : /^opened\r\n\/dev\/pts\/\d+\r\n$/,
    );
  });

  it("gives the foreground to the command, and jobs their own", async () => {
    const person = start(await place("/"), "bash --norc -i");
    await person.sees(/[$#] $/);
    await person.types("sh -c 'echo go''ing; exec sleep 1000'\n");
    await person.sees(/going\r\n/);
    await person.types("\x1a");
    await person.sees(/Stopped/);
    await person.types("jobs -l; kill -KILL %1; echo killed\n");
    await person.sees(/\d Stopped .*\r\nkilled\r\n/s);
    await person.types("sh -c 'trap \"exit 5\" INT; echo go''ing; while :; do sleep 0.01; done'; echo code $?\n");
    await person.sees(/going\r\n/);
    await person.types("\x03");
    await person.sees(/code 5\r\n/);
    await person.types("exit 4\n");
    expect(await person.ends()).toEqual({ type: "exited", code: 4 });
  });

  it("echoes what is typed, and ends the input where it is told to", async () => {
    const person = start(await place("/"), "cat");
    await person.types("hello\n");
    await person.sees(/^hello\r\nhello\r\n$/);
    person.running.closeInput();
    expect(await person.ends()).toEqual({ type: "exited", code: 0 });
    await expect(person.types("late")).rejects.toMatchObject({ code: "bad_request" });
  });

  it("tells of a new size", async () => {
    const person = start(await place("/"), "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.01; done");
    await person.sees(/ready/);
    person.running.resize(132, 50);
    await person.ends();
    expect(person.text).toBe("50 132\r\n");
  });

  it("loses nothing, in any amount", async () => {
    const running = (await place("/")).exec(request("seq 1 100000", "/", { pty: SIZE, env: ENV }), NEVER);
    let [total, last] = [0, ""];
    await capture(running.output, {
      signal: NEVER,
      on_delta: ({ data }) => (last = Buffer.from(data).toString()),
    }).then(({ total_bytes }) => (total = total_bytes));
    expect([total, last.slice(-14)]).toEqual([688_895, "9999\r\n100000\r\n"]);
  });

  it("ends with its programs when the signal aborts", async () => {
    const mark = `terminal-${process.pid}-${way.length}`;
    const controller = new AbortController();
    const person = start(
      await place("/"),
      `trap "" TERM HUP; bash -c 'exec -a ${mark} sleep 1000' & echo started; wait`,
      "/",
      controller.signal,
    );
    await person.sees(/started/);
    controller.abort();
    expect((await person.ends()).type).toBe("signaled");
    expect(isRunning(mark)).toBe(false);
  });

  it("ends when its time is up", async () => {
    const asked = request("sleep 1000", "/", { pty: SIZE, env: ENV, timeout_ms: 200 });
    expect(await (await place("/")).exec(asked, NEVER).exit).toEqual({ type: "timed_out" });
  });

  it("is told the directory and the variables that were asked for", async () => {
    const folder = emptyFolder();
    const person = start(await place(folder), "pwd; echo $PWD $TERM $HOME", folder);
    await person.ends();
    expect(person.text).toBe(`${folder}\r\n${folder} dumb /nonexistent\r\n`);
    const { exit } = (await place("/")).exec(request("true", "/no/such", { pty: SIZE }), NEVER);
    expect(await exit).toMatchObject({ type: "failed_to_start", code: "not_found" });
  });

  it("does not see the terminals of others", async () => {
    if (way === "direct without the helper") return; // node-pty leaves its descriptors open for children
    const others = [start(direct(), "cat"), start(direct(), "cat")];
    for (const other of others) await other.types("x\n");
    const person = start(await place("/"), "ls -l /proc/self/fd | grep -c ptmx");
    await person.ends();
    expect(person.text).toBe("0\r\n");
    for (const other of others) other.running.kill("SIGKILL");
    for (const other of others) await other.ends();
  });
});

describe("a confined terminal", () => {
  it("writes only where the policy lets it", async () => {
    const [folder, outside] = [emptyFolder(), emptyFolder()];
    const person = start(await confined(folder), `touch in; touch ${outside}/out; ls`, folder);
    await person.ends();
    expect(person.text).toMatch(/Read-only file system\r\nin\r\n$/);
    expect(readdirSync(outside)).toEqual([]);
  });

  it("cannot type into itself", async () => {
    const script = `python3 -c 'import fcntl,termios; fcntl.ioctl(0, termios.TIOCSTI, b"x")'`;
    const person = start(await confined(emptyFolder()), script);
    expect(await person.ends()).toMatchObject({ code: 1 });
    expect(person.text).toMatch(/Operation not permitted|Input\/output error/);
  });

  it("says on itself that a program is not there", async () => {
    const inside = await confined(emptyFolder());
    const person = new Person(
      inside.exec({ argv: ["/no/such"], cwd: "/", env: ENV, stdin: "closed", pty: SIZE }, NEVER),
    );
    expect(await person.ends()).toEqual({ type: "exited", code: 127 });
    expect(person.text).toContain("/no/such");
  });
});

describe("terminals", () => {
  it("that cannot be had say so, and nothing starts", async () => {
    const load = () => Promise.reject(new Error("Cannot find module\nrequire stack"));
    const options = { launch: undefined, load };
    const running = startTerminal({ ...request("echo x", "/"), pty: SIZE }, options, NEVER);
    expect((await capture(running.output, { signal: NEVER })).total_bytes).toBe(0);
    expect(await running.exit).toEqual({
      type: "failed_to_start",
      code: "not_executable",
      message: "terminals are not to be had here, only commands without (tty: false): Cannot find module",
    });
    await expect(running.write(Buffer.from("x"))).rejects.toMatchObject({ code: "bad_request" });
  });

  it("leave nothing open: 200 in a row, half of them ended by us", async () => {
    const inside = await confined(emptyFolder());
    await loadTerminals();
    await start(inside, "true").ends();
    const before = readdirSync("/proc/self/fd").length;
    for (let round = 0; round < 20; round += 1) {
      const people = Array.from({ length: 10 }, (_, index) => start(inside, index % 2 === 0 ? "echo x" : "cat"));
      for (const [index, person] of people.entries()) if (index % 2 === 1) person.running.kill("SIGKILL");
      for (const person of people) await person.ends();
    }
    expect(readdirSync("/proc/self/fd").length).toBe(before);
  }, 60_000);

  it("end when Codex is killed", async () => {
    const folder = emptyFolder();
    const mark = `killed-terminal-${process.pid}`;
    symlinkSync(fileURLToPath(new URL("../node_modules", import.meta.url)), join(folder, "node_modules"));
    const program = await builtFixture("terminal-host", folder);
    const host = startHost(program, [helper, folder, `bash -c 'exec -a ${mark} sleep 1000' & echo started; wait`]);
    if (host.stdout === null) throw new Error("no output");
    await firstMatch(host.stdout, /started/);
    expect(isRunning(mark)).toBe(true);
    host.kill("SIGKILL");
    while (isRunning(mark)) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it("take no program with a NUL in an argument", async () => {
    const asked = { argv: ["echo", "a\0b"], cwd: "/", env: ENV, stdin: "closed", pty: SIZE } as const;
    expect(await direct().exec(asked, NEVER).exit).toMatchObject({ type: "failed_to_start" });
  });
});
