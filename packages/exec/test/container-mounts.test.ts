import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResolvedPolicy } from "@codex/protocol";
import { expect, it } from "vitest";
import { openMounts } from "../src/far/container.js";
import { emptyFolder, workspaceWrite } from "./support.js";

it("the mounts of a container have a folder of ours only while something is covered", async () => {
  const [temporary, root] = [emptyFolder(), emptyFolder()];
  const secret = join(root, ".env");
  writeFileSync(secret, "hush\n");
  const policy: ResolvedPolicy = {
    policy: workspaceWrite(),
    cwd: root,
    writable: [{ root, read_only: [join(root, ".git")] }],
    denied: [],
    network: false,
    allow_missing: [],
  };
  const plain = await openMounts(policy, temporary);
  expect([readdirSync(temporary), readdirSync(root)]).toEqual([[], [".env", ".git"]]);
  plain[Symbol.dispose]();
  const covered = await openMounts({ ...policy, denied: [secret] }, temporary);
  expect(readdirSync(temporary)).toEqual([expect.stringMatching(/^codex-container-/)]);
  expect(covered.list.at(-1)).toMatchObject({ target: secret, mode: "ro" });
  covered[Symbol.dispose]();
  expect([readdirSync(temporary), readdirSync(root)]).toEqual([[], [".env"]]);
});
