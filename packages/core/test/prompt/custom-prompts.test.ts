import { say, scriptedModel, temporaryFolder } from "@codex/test-support";
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readCustomPrompts } from "../../src/home/custom-prompts.js";
import { expandPrompt } from "../../src/prompt/custom-prompts.js";
import { brief } from "../rollout/lines.js";
import { testEngine } from "../support/engine.js";

describe("a prompt of the user's own", () => {
  it("is a Markdown file, with or without a head", async () => {
    await using home = await temporaryFolder("prompts-");
    await home.write("prompts/review.md", '---\ndescription: "Looks twice"\nargument-hint: FILE\n---\nReview $1.\n');
    await home.write("prompts/Plain.MD", "Just do it.");
    await home.write("prompts/notes.txt", "no");
    writeFileSync(`${home.path}/prompts/bad.md`, Buffer.from([0xff, 0xfe, 0x00]));
    expect(await readCustomPrompts(home.path)).toMatchObject([
      { name: "Plain", content: "Just do it." },
      { name: "review", content: "Review $1.\n", description: "Looks twice", argument_hint: "FILE" },
    ]);
    expect(await readCustomPrompts("/nonexistent")).toEqual([]);
  });

  it.each([
    ["$1 and $2", 'a "b c"', "a and b c"],
    ["$1-$3", "a b", "a-"],
    ["all: $ARGUMENTS", " x  y ", "all: x  y"],
    ["$$1 costs $1", "a", "$1 costs a"],
    ["'$1'", "'it is'", "'it is'"],
    ["$0 $10", "a", "$0 a0"],
  ])("%j with %j says %j", (content, words, text) => {
    expect(expandPrompt(content, words)).toBe(text);
  });

  it("is filled in wherever input comes from, and an unknown name stays as it was typed", async () => {
    const prompt = { name: "review", path: "/p/review.md", content: "Review $1." };
    const model = scriptedModel([say.message("a"), say.message("b")]);
    const engine = await testEngine({ model, context: { customPrompts: () => Promise.resolve([prompt]) } });
    const messages = await engine.ask("/prompts:review a.ts");
    expect(messages).toContainEqual({ type: "user_message", message: "Review a.ts." });
    await engine.ask("/prompts:unknown x");
    expect(brief(model.prompts[1]?.input ?? []).at(-1)).toBe("user: /prompts:unknown x");
    engine.submit({ type: "list_custom_prompts" });
    expect(await engine.until("list_custom_prompts_response")).toMatchObject({ custom_prompts: [prompt] });
  });
});
