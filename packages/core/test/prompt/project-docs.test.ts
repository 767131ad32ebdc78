import { fakeEnvironment } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { findProjectRoot, readProjectDocs } from "../../src/prompt/project-docs.js";

const never = new AbortController().signal;
const DEFAULTS = { max_bytes: 32_768, fallback_names: [], root_markers: [".git"] };

describe("project instructions", () => {
  it("come from the root down to the working directory, one file a directory, the override first", async () => {
    const { files } = fakeEnvironment({
      files: {
        "/repo/.git/HEAD": "x",
        "/repo/AGENTS.md": "root",
        "/repo/a/AGENTS.md": "plain",
        "/repo/a/AGENTS.override.md": "override",
        "/repo/a/b/NOTES.md": "fallback",
        "/AGENTS.md": "outside",
      },
    });
    const docs = await readProjectDocs(files, "/repo/a/b", { ...DEFAULTS, fallback_names: ["NOTES.md"] }, never);
    expect(docs).toEqual({
      text: "root\n\noverride\n\nfallback",
      warning: undefined,
      files: [
        { path: "/repo/AGENTS.md", bytes: 4 },
        { path: "/repo/a/AGENTS.override.md", bytes: 8 },
        { path: "/repo/a/b/NOTES.md", bytes: 8 },
      ],
    });
  });

  it("stay within the budget, and say when a file was cut", async () => {
    const { files } = fakeEnvironment({ files: { "/repo/.git/HEAD": "x", "/repo/AGENTS.md": "0123456789" } });
    const docs = await readProjectDocs(files, "/repo", { ...DEFAULTS, max_bytes: 4 }, never);
    expect(docs.text).toBe("0123");
    expect(docs.warning).toContain("/repo/AGENTS.md was cut");
    expect(await readProjectDocs(files, "/repo", { ...DEFAULTS, max_bytes: 0 }, never)).toMatchObject({ text: "" });
  });

  it("are looked for in the working directory alone outside a project", async () => {
    const { files } = fakeEnvironment({ files: { "/x/AGENTS.md": "up", "/x/y/AGENTS.md": "  \n", "/x/y/z/f": "" } });
    expect(await findProjectRoot(files, "/x/y", [".git"], never)).toBe("/x/y");
    expect(await readProjectDocs(files, "/x/y", DEFAULTS, never)).toMatchObject({ text: "" });
  });
});
