import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDER = `${ROOT}docs/invariants/`;
const pages = readdirSync(FOLDER).filter((name) => name !== "README.md");
const text = (name: string): string => readFileSync(FOLDER + name, "utf8");

describe("docs/invariants", () => {
  it("lists every page", () => {
    const listed = [...text("README.md").matchAll(/\]\(([\w-]+\.md)\)/g)].map((match) => match[1]);
    expect(listed.toSorted()).toEqual(pages.toSorted());
  });

  it.each(pages)("%s says who, in which order, what fails and where, and names files that are there", (name) => {
    const page = text(name);
    for (const word of ["Owner", "Failure", "Files"]) expect(page).toContain(`**${word}.**`);
    const files = [...page.matchAll(/`(packages\/[^`]+)`/g)].map((match) => match[1] ?? "");
    expect(files.filter((file) => !existsSync(ROOT + file))).toEqual([]);
  });
});
