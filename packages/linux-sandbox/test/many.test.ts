import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";

import { expect, it } from "vitest";

import { confine } from "../src/index.js";
import { command, confineTo, createPlace, describeForUsers, processesWith, run } from "./support/sandbox.js";

/** How many commands; the long form is `CODEX_SANDBOX_COMMANDS=1000 vitest run many`. */
const COUNT = Number(process.env["CODEX_SANDBOX_COMMANDS"] ?? "60");

/** What the machine could be left with by commands around one folder. */
function belongings(root: string): Readonly<Record<string, readonly string[] | readonly number[] | number>> {
  return {
    descriptors: readdirSync("/proc/self/fd").map(describeDescriptor).sort(),
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").length,
    temporary: readdirSync(dirname(root), { recursive: true, encoding: "utf8" }),
    shared_memory: readdirSync("/dev/shm").filter((name) => name.includes("codex-many")),
    processes: processesWith(root),
  };
}

function describeDescriptor(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).replace(/\d+/g, "N");
  } catch {
    return "the listing itself";
  }
}

describeForUsers("many commands in a row", (user) => {
  it(`leave nothing of themselves: ${COUNT}`, { timeout: 20_000 + COUNT * 200 }, async () => {
    const { root } = createPlace(user);
    const confinement = await confineTo(root);
    const script = "mkdir d && rmdir d; echo x > /dev/shm/codex-many; sleep 300 & exit 3";
    const argv = confine(confinement, command(root, "bash", "-c", script));
    await run(["true"]); // what Node itself opens once
    const before = belongings(root);
    for (let round = 0; round < COUNT; round++)
      expect(await run(argv, { user })).toMatchObject({ code: 3, status: "" });
    expect(belongings(root)).toEqual(before);
  });

  it("leave nothing of a flood: processes, shared memory, descriptors", async () => {
    const { root } = createPlace(user);
    const marker = `33.${process.pid}${user.uid ?? 0}`;
    const script = `for i in $(seq 300); do sleep ${marker} & done
      head -c 64M /dev/zero > /dev/shm/codex-many; head -c 1M /dev/zero > /dev/flood; head -c 1M /dev/zero > /proc/flood
      ulimit -n 64; for i in $(seq 100); do exec {n}< /dev/null || break; done 2> /dev/null; echo flooded`;
    const before = belongings(root);
    const { stdout, code } = await run(confine(await confineTo(root), command(root, "bash", "-c", script)), { user });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "flooded\n" });
    expect(processesWith(marker)).toEqual([]);
    expect(belongings(root)).toEqual(before);
  });
});
