import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Environment, ExitStatus, OutputChunk } from "@codex/protocol";

/** This machine, as far as git needs it: a real process, and files that are looked at. */
export function processHost(): { readonly host: Environment } {
  const refuse = () => Promise.reject(new Error("not part of this host"));
  const host: Environment = {
    id: "host",
    files: {
      read: async (path) => readFile(path),
      stat: async (path) => {
        const found = await lstat(path).catch(() => undefined);
        if (found === undefined) return undefined;
        const type = found.isFile() ? "file" : found.isDirectory() ? "directory" : "other";
        return { name: basename(path), type, size: found.size, mode: found.mode & 0o7777 };
      },
      write: refuse,
      remove: refuse,
      rename: refuse,
      mkdir: refuse,
      list: refuse,
    },
    exec({ argv, cwd, env, stdin }, signal) {
      const [program = "", ...args] = argv;
      const child = spawn(program, args, {
        cwd,
        env,
        signal,
        stdio: [stdin === "pipe" ? "pipe" : "ignore", "pipe", "pipe"],
      });
      const exit = once(child, "close").then(
        ([code]: unknown[]): ExitStatus => ({ type: "exited", code: typeof code === "number" ? code : -1 }),
        (error: unknown): ExitStatus => ({ type: "failed_to_start", code: "not_found", message: String(error) }),
      );
      async function* output(): AsyncGenerator<OutputChunk> {
        const read = async (stream: "stdout" | "stderr") => {
          const parts: Uint8Array[] = [];
          for await (const data of child[stream] ?? []) parts.push(data);
          return parts.map((data) => ({ stream, data }));
        };
        for (const part of (await Promise.all([read("stdout"), read("stderr")])).flat()) yield part;
      }
      return {
        pid: child.pid,
        output: output(),
        exit,
        write: async (data) => void child.stdin?.write(data),
        closeInput: () => child.stdin?.end(),
        resize: () => undefined,
        kill: (name) => void child.kill(name),
      };
    },
    resolve: refuse,
    confine: refuse,
    denial: () => undefined,
  };
  return { host };
}
