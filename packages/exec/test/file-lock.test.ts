import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lockFile } from "../src/file-lock.js";
import { emptyFolder } from "./support.js";

describe("a file lock", () => {
  it("keeps others out until its descriptor is closed", async () => {
    const file = `${emptyFolder()}/a.lock`;
    const first = openSync(file, "a+");
    const second = openSync(file, "a+");
    expect(await lockFile(first)).toBe(true);
    expect(await lockFile(second)).toBe(false);
    expect(spawnSync("flock", ["-n", "-x", file, "true"]).status).toBe(1);
    closeSync(first);
    expect(await lockFile(second)).toBe(true);
    closeSync(second);
  });
});
