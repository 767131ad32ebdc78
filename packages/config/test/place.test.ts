import { describe, expect, it } from "vitest";
import { createScene, refusal } from "./support.js";

describe("where commands run", () => {
  it("is this machine, unless said otherwise in one table", async () => {
    using scene = createScene();
    expect((await scene.load()).environment).toEqual({ type: "direct" });
    const docker = ['environment.type="docker"', 'environment.image="node:22"', 'environment.client=["podman"]'];
    expect((await scene.load({ overrides: docker })).environment).toEqual({
      type: "docker",
      image: "node:22",
      client: ["podman"],
    });
    scene.user('[environment]\ntype = "ssh"\nhost = "box"\ncwd = "/srv/app"\nhelper = "/opt/helper"');
    const ssh = { type: "ssh", host: "box", cwd: "/srv/app", helper: "/opt/helper" };
    expect((await scene.load()).environment).toEqual(ssh);
  });

  it.each([
    ['environment.type="docker"', /environment\.image: environment\.type = "docker" needs it, like "node:22"$/],
    ['environment.type="ssh"', /environment\.host: environment\.type = "ssh" needs it, like "user@machine"$/],
    ['environment.type="vm"', /environment\.type: expected one of "direct", "docker", "ssh", found "vm"$/],
    ['environment={type="ssh",host="b",cwd="app"}', /environment\.cwd: expected an absolute path/],
    ['environment={type="docker",image="i",client=[]}', /environment\.client: expected a program/],
  ])("cannot be %s", async (override, message) => {
    using scene = createScene();
    expect(await refusal(scene.load({ overrides: [override] }))).toMatch(message);
  });

  it("is not for a repository to say", async () => {
    using scene = createScene();
    scene.user(`[projects."${scene.project}"]\ntrust_level = "trusted"`);
    scene.write("project/.codex/config.toml", '[environment]\ntype = "ssh"\nhost = "elsewhere"');
    const config = await scene.load();
    expect([config.environment, config.warnings.length]).toEqual([{ type: "direct" }, 1]);
  });
});
