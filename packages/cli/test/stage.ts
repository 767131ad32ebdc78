import type { ResponsesServer, TemporaryFolder } from "@codex/test-support";
import { mockProviderConfig, startResponsesServer, temporaryHome, workspace } from "@codex/test-support";
import { afterEach, beforeEach } from "vitest";
import type { Run } from "./codex.js";

/** What the command meets: a model that follows a script, a CODEX_HOME that knows it, and a repository. */
export type Stage = {
  readonly server: ResponsesServer;
  readonly home: TemporaryFolder;
  readonly project: TemporaryFolder;
  /** Runs in that repository with that CODEX_HOME. */
  options(more?: Run): Run;
};

type Props = {
  /** More top-level keys of `config.toml`. */
  readonly config?: string;
  /** What lies in the repository. */
  readonly files?: Readonly<Record<string, string>>;
};

type Parts = Pick<Stage, "server" | "home" | "project">;

/** One for each test of the file that calls it, gone after the test. */
export function setStage({ config = "", files = { "a.txt": "old\n" } }: Props = {}): Stage {
  let parts: Parts | undefined;
  const now = (): Parts => {
    if (parts === undefined) throw new Error("the stage stands while a test runs");
    return parts;
  };
  beforeEach(async () => {
    const server = await startResponsesServer();
    const home = await temporaryHome({ config: `${config}${mockProviderConfig(server.url)}` });
    parts = { server, home, project: await workspace({ git: true, files }) };
  });
  afterEach(async () => {
    const { server, home, project } = now();
    await Promise.all([home[Symbol.asyncDispose](), project[Symbol.asyncDispose]()]);
    await server[Symbol.asyncDispose]();
  });
  return {
    get server() {
      return now().server;
    },
    get home() {
      return now().home;
    },
    get project() {
      return now().project;
    },
    options: (more = {}) => ({ cwd: now().project.path, ...more, env: { CODEX_HOME: now().home.path, ...more.env } }),
  };
}
