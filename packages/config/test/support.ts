import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadConfig, type Config, type LoadOptions } from "../src/index.js";

/** A temporary folder with a user's home, a CODEX_HOME and a git project; removed when disposed. */
export function createScene(): Scene {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "config-")));
  const scene = {
    base,
    user_home: join(base, "user"),
    home: join(base, "user", ".codex"),
    project: join(base, "project"),
    system_file: join(base, "system.toml"),
  };
  for (const folder of [scene.home, join(scene.project, ".git")]) mkdirSync(folder, { recursive: true });
  const write = (file: string, text: string): string => {
    const path = join(base, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  return {
    ...scene,
    write,
    user: (text) => write("user/.codex/config.toml", text),
    load: (options = {}) =>
      loadConfig({
        cwd: scene.project,
        env: { HOME: scene.user_home },
        system_file: scene.system_file,
        managed_file: join(base, "managed.toml"),
        requirements_file: join(base, "requirements.toml"),
        ...options,
      }),
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  };
}

export type Scene = Disposable & {
  readonly base: string;
  readonly user_home: string;
  readonly home: string;
  readonly project: string;
  readonly system_file: string;
  /** Path relative to `base`. */
  readonly write: (file: string, text: string) => string;
  /** Writes the user's config.toml. */
  readonly user: (text: string) => string;
  readonly load: (options?: Partial<LoadOptions>) => Promise<Config>;
};

/** The message of a `config_invalid`, which is one line; any other outcome fails. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  const outcome: unknown = await promise.catch((error: unknown) => error);
  if (!(outcome instanceof Error) || !("code" in outcome) || outcome.code !== "config_invalid") {
    throw new Error(`expected config_invalid, got ${String(outcome)}`);
  }
  if (outcome.message.includes("\n")) throw new Error(`more than one line: ${outcome.message}`);
  return outcome.message;
}
