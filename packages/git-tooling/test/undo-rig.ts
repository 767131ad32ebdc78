import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Snapshots } from "@codex/protocol";
import { sessionId, turnId } from "@codex/protocol";
import { temporaryFolder } from "@codex/test-support";
import type { SnapshotsOptions } from "../src/index.js";
import { createSnapshots } from "../src/index.js";

export const SESSION = sessionId("0199f000-0000-7000-8000-000000000001");

export type Rig = AsyncDisposable & {
  readonly root: string;
  readonly home: string;
  readonly trouble: string[];
  readonly snapshots: Snapshots;
  /** A second program that opens the same session. */
  again(more?: Partial<SnapshotsOptions>): Snapshots;
  /** Runs a shell script as one step. */
  step(script: string): Promise<void>;
  sh(script: string): void;
};

/** A folder, a home, and snapshots of the folder. */
export async function rig(more: Partial<SnapshotsOptions> = {}): Promise<Rig> {
  const project = await temporaryFolder("codex-undo-");
  const home = await temporaryFolder("codex-home-");
  const trouble: string[] = [];
  let ids = 0;
  let steps = 0;
  const again = (other: Partial<SnapshotsOptions> = {}): Snapshots =>
    createSnapshots({
      home: home.path,
      session: SESSION,
      roots: [project.path],
      secrets: [],
      retention: { keep_days: 7, max_bytes: 1 << 30 },
      clock: { now: () => Date.now(), monotonic: () => performance.now(), sleep: () => Promise.resolve() },
      newId: () => `step-${process.hrtime.bigint()}-${(ids += 1)}`,
      onTrouble: (message) => trouble.push(message),
      ...more,
      ...other,
    });
  const snapshots = again();
  const { signal } = new AbortController();
  const sh = (script: string): void => {
    const env = { PATH: process.env["PATH"], HOME: home.path, LC_ALL: "C.UTF-8" };
    execFileSync("bash", ["-c", script], { cwd: project.path, env, stdio: ["ignore", "ignore", "pipe"] });
  };
  return {
    root: project.path,
    home: home.path,
    trouble,
    snapshots,
    again,
    sh,
    async step(script) {
      steps += 1;
      await snapshots.before({ turn_id: turnId("turn"), step: steps }, signal);
      sh(script);
      await snapshots.after(signal);
    },
    async [Symbol.asyncDispose]() {
      await snapshots[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

/** Everything a person can see of a folder but times: names as bytes, types, modes, contents, which are one file. */
export function treeHash(root: string, leave_out: readonly string[] = []): string {
  const lines: string[] = [];
  const names = new Map<number, string>();
  const visit = (path: Buffer, name: string): void => {
    const stats = lstatSync(path);
    const mode = stats.mode.toString(8);
    if (stats.isDirectory()) {
      lines.push(`${name} ${mode}`);
      for (const inner of readdirSync(path, "latin1").sort()) {
        if (leave_out.includes(`${name}${inner}`)) continue;
        visit(Buffer.concat([path, Buffer.from(`/${inner}`, "latin1")]), `${name}${inner}/`);
      }
      return;
    }
    const content = stats.isSymbolicLink() ? readlinkSync(path, "buffer") : stats.isFile() ? readFileSync(path) : "";
    const first = names.get(stats.ino) ?? name;
    names.set(stats.ino, first);
    lines.push(`${name} ${mode} ${first} ${createHash("sha256").update(content).digest("hex")}`);
  };
  visit(Buffer.from(root), "");
  return lines.join("\n");
}

export const fileIn = (root: string, name: string): string => readFileSync(join(root, name), "utf8");

/** The one thing in a folder. */
export const onlyIn = (folder: string): string => join(folder, readdirSync(folder)[0] ?? "");
