import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EventMsg, Op, SessionHandle, SessionId, UndoReport } from "@codex/protocol";
import type { TemporaryFolder } from "@codex/test-support";
import { ev, mockProviderConfig, startResponsesServer, temporaryFolder, temporaryHome } from "@codex/test-support";
import { createCodex } from "../../src/compose.js";

export type UndoDone = Extract<EventMsg, { type: "undo_completed" }>;

/** One open session of the real engine in a throw-away folder, with nothing confined. */
export type OpenSession = AsyncDisposable & {
  readonly session: SessionHandle;
  /** One turn whose steps run these scripts; the model's final words are `done`. */
  turn(...scripts: readonly string[]): Promise<readonly EventMsg[]>;
  undo(op?: Partial<Extract<Op, { type: "undo" }>>): Promise<UndoDone>;
  redo(op?: Partial<Extract<Op, { type: "undo" }>>): Promise<UndoDone>;
  preview(): Promise<UndoReport | undefined>;
  until(type: EventMsg["type"]): Promise<readonly EventMsg[]>;
};

export type UndoRig = AsyncDisposable & {
  readonly root: string;
  readonly home: TemporaryFolder;
  open(id?: SessionId): Promise<OpenSession>;
  /** Bodies of the requests to the model. */
  requests(): readonly unknown[];
  sh(script: string): string;
};

export type UndoRigOptions = { readonly sandbox?: string; readonly config?: string };

export async function undoRig({ sandbox = "danger-full-access", config = "" }: UndoRigOptions = {}): Promise<UndoRig> {
  const server = await startResponsesServer();
  const settings = `approval_policy = "never"\nsandbox_mode = "${sandbox}"\n${config}`;
  const home = await temporaryHome({ config: `${settings}\n${mockProviderConfig(server.url, "gpt-5.5")}` });
  const project = await temporaryFolder("codex-undo-");
  const { PATH } = process.env;
  const env = { PATH, HOME: home.path, CODEX_HOME: home.path, CODEX_API_KEY: "k", LC_ALL: "C.UTF-8" };
  let calls = 0;
  const open: UndoRig["open"] = async (id) => {
    const codex = createCodex({ env });
    const start = id === undefined ? ({ type: "new" } as const) : ({ type: "resume", id } as const);
    const session = await codex.open({ ...start, settings: { cwd: project.path } });
    const events = session.events[Symbol.asyncIterator]();
    const until: OpenSession["until"] = async (type) => {
      const seen: EventMsg[] = [];
      for (;;) {
        const next = await events.next();
        if (next.done === true) throw new Error(`the session ended before ${type}`);
        seen.push(next.value.msg);
        if (next.value.msg.type === type) return seen;
      }
    };
    const asked = async (op: Op): Promise<UndoDone> => {
      session.submit(op);
      const last = (await until("undo_completed")).at(-1);
      if (last?.type !== "undo_completed") throw new Error("no answer");
      return last;
    };
    return {
      session,
      until,
      async turn(...scripts) {
        const steps = scripts.map((script) => {
          const file = join(home.path, `script-${(calls += 1)}`);
          writeFileSync(file, script);
          // from a file: nothing that reads command lines sees a danger in it
          const call = ev.call(`call_${calls}`, "exec_command", { cmd: `bash ${file}`, yield_time_ms: 30_000 });
          return [ev.created(), call, ev.completed()];
        });
        server.answer(...steps, [ev.created(), ev.message("done"), ev.completed()]);
        session.submit({ type: "user_input", items: [{ type: "text", text: `please ${calls}` }] });
        return until("task_complete");
      },
      undo: (op) => asked({ type: "undo", ...op }),
      redo: (op) => asked({ ...op, type: "redo" }),
      async preview() {
        session.submit({ type: "undo", preview: true });
        const last = (await until("undo_preview_response")).at(-1);
        return last?.type === "undo_preview_response" ? last.report : undefined;
      },
      [Symbol.asyncDispose]: () => codex[Symbol.asyncDispose](),
    };
  };
  return {
    root: project.path,
    home,
    open,
    requests: () => server.requests.map((request) => request.body),
    sh: (script) =>
      execFileSync("bash", ["-c", script], {
        cwd: project.path,
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
    async [Symbol.asyncDispose]() {
      for (const each of [server, home, project]) await each[Symbol.asyncDispose]();
    },
  };
}

/** All that can be seen of a folder but times: names as bytes, types, modes, contents, which names are one file. */
export function treeOf(root: string, leave_out: readonly string[] = []): string {
  const lines: string[] = [];
  const first = new Map<number, string>();
  const visit = (path: Buffer, name: string): void => {
    const stats = lstatSync(path);
    const mode = stats.mode.toString(8);
    if (!stats.isDirectory()) {
      const content = stats.isSymbolicLink() ? readlinkSync(path, "buffer") : stats.isFile() ? readFileSync(path) : "";
      if (!first.has(stats.ino)) first.set(stats.ino, name);
      lines.push(
        `${name} ${mode} ${first.get(stats.ino)} ${createHash("sha256").update(content).digest("hex").slice(0, 16)}`,
      );
      return;
    }
    lines.push(`${name} ${mode}`);
    for (const inner of readdirSync(path, "latin1").sort()) {
      if (leave_out.includes(`${name}${inner}`)) continue;
      visit(Buffer.concat([path, Buffer.from(`/${inner}`, "latin1")]), `${name}${inner}/`);
    }
  };
  visit(Buffer.from(root), "");
  return lines.join("\n");
}
