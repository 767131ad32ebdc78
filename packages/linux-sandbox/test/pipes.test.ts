import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { Duplex } from "node:stream";

import { describe, expect, it } from "vitest";

import { STATUS_FD, confine, findHelper, readStatus, unconfined } from "../src/index.js";
import { confineTo, createPlace, describeEach } from "./support/sandbox.js";

const here = { name: "the caller", uid: undefined };

type Exchange = { readonly stdout: string; readonly status: string; readonly code: number | null };

/** Spawns with sockets, takes the offered pipes for `y`, and feeds `input`. */
async function exchange(argv: readonly string[], answer: "y" | "n", input: string): Promise<Exchange> {
  const child = spawn(argv[0] ?? "", argv.slice(1), { cwd: "/", stdio: ["pipe", "pipe", "pipe", "pipe"] });
  const channel = child.stdio[STATUS_FD];
  if (!(channel instanceof Duplex) || child.pid === undefined) throw new Error("no channel");
  let status = "";
  let stdout = "";
  const collect = (part: string): void => void (stdout += part);
  child.stdout.setEncoding("utf8").on("data", collect);
  const outputs: Promise<unknown>[] = [];
  const offer = new Promise<void>((resolve) => {
    channel.setEncoding("utf8").on("data", (part: string) => {
      status += part;
      if (status.includes("\n")) resolve();
    });
  });
  const exit = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  await offer;
  const [, output, , feed] = status.split(/\s/);
  if (answer === "y") {
    const open = (number: string | undefined, flags: string): number =>
      openSync(`/proc/${child.pid}/fd/${number}`, flags);
    const reader = new Socket({ fd: open(output, "r"), readable: true, writable: false });
    outputs.push(new Promise((resolve) => reader.once("close", resolve)));
    reader.setEncoding("utf8").on("data", collect);
    const writer = open(feed, "w");
    channel.write("y");
    const sink = new Socket({ fd: writer, readable: false, writable: true });
    sink.end(input);
  } else {
    channel.write("n");
    child.stdin.end(input);
  }
  const code = await exit;
  await Promise.all(outputs);
  return { stdout, status: status.slice(status.indexOf("\n") + 1), code };
}

describeEach(
  ["confined", "unconfined"],
  (way) => `offered pipes, ${way}`,
  (way) => {
    async function build(script: string, cwd?: string): Promise<readonly string[]> {
      const { root } = createPlace(here);
      const inner = { argv: ["bash", "-c", script], cwd: cwd ?? root, tty: false, pipes: true };
      return way === "confined" ? confine(await confineTo(root), inner) : unconfined(findHelper(), inner);
    }

    it("can be opened again by their names", async () => {
      const script = "cat; echo out > /dev/stdout; echo again | tee /dev/stdout; ls -m /proc/$$/fd; true";
      const { stdout, status, code } = await exchange(await build(script), "y", "in\n");
      expect({ stdout, status, code }).toEqual({
        stdout: expect.stringMatching(/^in\nout\nagain\nagain\n0, 1, 2(, 255)?\n$/),
        status: "",
        code: 0,
      });
    });

    it("are left where the caller does not want them", async () => {
      const { stdout, status, code } = await exchange(await build("cat; ls -m /proc/$$/fd; true"), "n", "in\n");
      expect({ stdout, status, code }).toEqual({
        stdout: expect.stringMatching(/^in\n0, 1, 2(, 255)?\n$/),
        status: "",
        code: 0,
      });
    });

    it("are followed by the story of a failed start", async () => {
      const { status, code } = await exchange(await build("true", "/no/such/folder"), "y", "");
      expect(code).toBe(127);
      expect(readStatus(status)).toMatchObject({ code: "not_found" });
    });

    it("start nothing when the caller goes away", async () => {
      const argv = await build("echo started >&2");
      const child = spawn(argv[0] ?? "", argv.slice(1), { stdio: ["ignore", "pipe", "pipe", "pipe"] });
      const channel = child.stdio[STATUS_FD];
      let errors = "";
      child.stderr?.setEncoding("utf8").on("data", (part: string) => (errors += part));
      if (channel instanceof Duplex) channel.once("data", () => channel.destroy());
      const code = await new Promise((resolve) => child.once("close", resolve));
      expect({ code, errors }).toEqual({ code: 125, errors: "" });
    });
  },
);

describe("offered pipes", () => {
  it("need a status descriptor", async () => {
    const quiet = openSync("/dev/null", "r");
    const child = spawn(findHelper(), ["run", "--pipes", "--", "true"], { stdio: [quiet, "ignore", "pipe"] });
    closeSync(quiet);
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(125);
  });
});
