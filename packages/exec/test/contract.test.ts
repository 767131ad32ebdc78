import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { COMMANDS, FILES } from "./contract.js";
import { POLICY } from "./contract-policy.js";
import { KINDS, overSsh } from "./places.js";
import { startSshd, withoutSshd } from "./sshd.js";
import { builtFixture, builtHelper, describeUnless, emptyFolder } from "./support.js";
import type { Open } from "./contract.js";
import type { Ground, Kind } from "./places.js";
import type { SshServer } from "./sshd.js";

const state = realpathSync(mkdtempSync(join(tmpdir(), "codex-contract-")));
let server: SshServer | undefined;
afterAll(async () => {
  await ground.ssh?.plain[Symbol.asyncDispose]();
  await ground.ssh?.helped[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  rmSync(state, { recursive: true, force: true });
});

let ground: Ground = { helper: "", stand_in: undefined, engine: undefined, ssh: undefined };
beforeAll(async () => {
  const stand_in = await builtFixture("docker-stand-in", state);
  const env = { PATH: process.env["PATH"] ?? "", STAND_IN: state };
  server = withoutSshd() === undefined ? await startSshd() : undefined;
  const helper = builtHelper();
  const reach = async ({ client }: SshServer) => ({
    plain: await overSsh(client),
    helped: await overSsh(client, helper),
  });
  ground = {
    helper,
    stand_in: { client: [process.execPath, stand_in], env, image: "here" },
    engine: ENGINE,
    ssh: server && (await reach(server)),
  };
});

function opener(kind: Kind): Open {
  return async (policy, prepare) => {
    const folder = emptyFolder();
    prepare?.(folder);
    const { where, outer } = await kind.make(ground, folder, policy);
    onTestFinished(() => outer?.[Symbol.asyncDispose]());
    return { where, folder };
  };
}

const ENGINE = realEngine();

function realEngine(): Ground["engine"] {
  const image = process.env["CODEX_TEST_IMAGE"];
  if (image === undefined) return undefined;
  const found = spawnSync("docker", ["image", "inspect", image], { stdio: "ignore" });
  const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/" };
  return found.status === 0 ? { client: ["docker"], env, image } : undefined;
}

function skipsOf(kind: Kind): string | undefined {
  const engine =
    "SKIPPED, no docker engine with an image: CODEX_TEST_IMAGE names one that has bash, coreutils and stty";
  if (kind.needs === "engine") return ENGINE === undefined ? engine : undefined;
  return kind.needs === "sshd" ? withoutSshd() : undefined;
}

for (const kind of KINDS) {
  describeUnless(skipsOf(kind), kind.name, () => {
    for (const each of [...COMMANDS, ...FILES, ...(kind.is_confined ? POLICY : [])]) {
      if (kind.except[each.says] !== undefined) continue;
      it(`${each.about}: ${each.says}`, { timeout: 30_000 }, () => each.holds(opener(kind)));
    }
  });
}

/** The table of what was just tried, without what needs more than most machines have. */
function table(): string {
  const kinds = KINDS.filter(({ needs }) => needs !== "engine");
  const rows = [...COMMANDS, ...FILES, ...POLICY].map((each) => {
    const cells = kinds.map((kind) => {
      if (each.about === "policy" && !kind.is_confined) return "–";
      return kind.except[each.says] ?? "yes";
    });
    return `| ${[`${each.about}: ${each.says}`, ...cells].join(" | ")} |`;
  });
  const head = `| | ${kinds.map(({ name }) => name).join(" | ")} |`;
  return [head, `| --- |${kinds.map(() => " --- |").join("")}`, ...rows].join("\n");
}

it("the table in docs/environments-table.md is the one of this contract", async () => {
  await expect(`${table()}\n`).toMatchFileSnapshot("../../../docs/environments-table.md");
});
