import type { TemporaryFolder } from "@codex/test-support";
import { temporaryFolder, temporaryHome } from "@codex/test-support";
import { afterEach, beforeEach } from "vitest";

export type Stage = {
  /** CODEX_HOME, and the person's home. */
  readonly home: TemporaryFolder;
  /** Where sessions work. */
  readonly work: TemporaryFolder;
  /** Disposed after the test, the last one first. */
  readonly opened: AsyncDisposable[];
};

/** Empty folders for each test of a file, and an end to what it opened. */
export function setStage(): Stage {
  let folders: Pick<Stage, "home" | "work"> | undefined;
  const now = (): Pick<Stage, "home" | "work"> => {
    if (folders === undefined) throw new Error("there is a stage only within a test");
    return folders;
  };
  const opened: AsyncDisposable[] = [];
  beforeEach(async () => {
    folders = { home: await temporaryHome(), work: await temporaryFolder("codex-embed-") };
  });
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
    await now().home[Symbol.asyncDispose]();
    await now().work[Symbol.asyncDispose]();
  });
  return {
    opened,
    get home() {
      return now().home;
    },
    get work() {
      return now().work;
    },
  };
}
