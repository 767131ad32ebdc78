import type { Skill } from "@codex/protocol";
import { fakeEnvironment, say, scriptedModel, temporaryFolder } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { readHomeSkills } from "../../src/home/skills.js";
import { findSkills, namedSkills, readFrontmatter, skillsText, usableSkills } from "../../src/prompt/skills.js";
import { brief } from "../rollout/lines.js";
import { testEngine } from "../support/engine.js";

const { signal } = new AbortController();
const SKILL = "---\nname: pdf\ndescription: Reads PDF files.\n---\n\nUse pdftotext.\n";

function skill(name: string, more: Partial<Skill> = {}): Skill {
  const read = () => Promise.resolve(`body of ${name}`);
  return { name, description: `does ${name}`, path: `/skills/${name}/SKILL.md`, scope: "user", read, ...more };
}

describe("the head of a SKILL.md", () => {
  it.each([
    ["plain", SKILL, { name: "pdf", description: "Reads PDF files." }],
    ["quoted", "---\nname: \"a b\"\ndescription: 'it: works'\n---\n", { name: "a b", description: "it: works" }],
    [
      "folded",
      "---\nname: x\ndescription: >-\n  one\n  two\nlicense: MIT\n---\n",
      { name: "x", description: "one two" },
    ],
    ["CRLF", SKILL.replaceAll("\n", "\r\n"), { name: "pdf", description: "Reads PDF files." }],
    ["without a name", "---\ndescription: x\n---\n", undefined],
    ["without a description", "---\nname: x\n---\n", undefined],
    ["without an end", "---\nname: x\ndescription: y\n", undefined],
    ["not there", "# Skill\n", undefined],
  ])("%s", (_what, text, facts) => {
    expect(readFrontmatter(text)).toEqual(facts);
  });
});

describe("skills", () => {
  it("are found below the user's folder, deeper ones too", async () => {
    await using home = await temporaryFolder("skills-");
    await home.write("pdf/SKILL.md", SKILL);
    await home.write(".system/make/SKILL.md", SKILL.replace("pdf", "make"));
    await home.write(".hidden/no/SKILL.md", SKILL.replace("pdf", "no"));
    await home.write("broken/SKILL.md", "nothing");
    expect((await readHomeSkills(home.path)).map(({ name }) => name)).toEqual(["make", "pdf"]);
    expect(await readHomeSkills("/nonexistent")).toEqual([]);
  });

  it("are found in a project", async () => {
    const { files } = fakeEnvironment({ files: { "/work/.agents/skills/pdf/SKILL.md": SKILL } });
    const [found] = await findSkills(files, "/work/.agents/skills", signal);
    expect(found).toMatchObject({ name: "pdf", scope: "repo" });
    expect(await found?.read(signal)).toBe(SKILL);
    expect(await findSkills(files, "/work/none", signal)).toEqual([]);
  });

  it("count once by name, and not when they are switched off by name, file or folder", () => {
    const all = [skill("a", { path: "/near/SKILL.md" }), skill("a"), skill("b"), skill("c"), skill("d")];
    const usable = usableSkills(all, ["b", "/skills/c/SKILL.md", "/skills/d"]);
    expect(usable.map(({ path }) => path)).toEqual(["/near/SKILL.md"]);
  });

  it("are listed for the model as far as there is room", () => {
    expect(skillsText([])).toBe("");
    const text = skillsText(Array.from({ length: 300 }, (_, index) => skill(`skill-number-${index}`)));
    expect(text.length).toBeLessThan(9_000);
    expect(text).toMatch(/\(\d+ more did not fit/);
  });

  it.each([
    ["use $pdf please", ["pdf"]],
    ["$pdf", ["pdf"]],
    ["echo $PATH and \\$pdf and a$pdf", []],
    ["($pdf), then $other:thing.", ["pdf"]],
  ])("named in %j are %j", (text, names) => {
    const skills = [skill("pdf"), skill("tex")];
    expect(namedSkills([{ type: "text", text }], skills).map(({ name }) => name)).toEqual(names);
  });

  it("are listed at the start, and given whole behind the prompt that names them", async () => {
    const model = scriptedModel([say.message("ok"), say.message("ok")]);
    const engine = await testEngine({
      model,
      context: { skills: () => Promise.resolve([skill("pdf"), skill("tex")]) },
    });
    await engine.ask("read it with $pdf");
    const [developer, , prompt, given] = brief(model.prompts[0]?.input ?? []);
    expect(developer).toContain("- tex: does tex (file: /skills/tex/SKILL.md)");
    expect(prompt).toBe("user: read it with $pdf");
    expect(given).toBe("user: <skill>\n<name>pdf</name>\n<path>/skills/pdf/SKILL.md</path>\nbody of pdf\n</skill>");
    await engine.ask("thanks");
    expect(brief(model.prompts[1]?.input ?? []).filter((text) => text.includes("<skill>"))).toHaveLength(1);
  });
});
