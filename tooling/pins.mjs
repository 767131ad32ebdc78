/**
 * Counts what the house wants to see shrink: lint disables, casts and skipped tests. More than tooling/pins.json
 * allows is a failure; raising a pin needs an ADR, lowering one is a gift: `node tooling/pins.mjs --write`.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import typescript from "typescript";
import { ROOT } from "./stamp.mjs";

/** @typedef {{ disables: number, casts: number, skips: number }} Counts */

const FOLDERS = ["packages", "test", "tooling", "bench"];
const NOT_OURS = /(^|\/)(node_modules|dist|\.turbo|fixtures|demo)\//;
const DIRECTIVE = /(?:\/\/|\/\*)\s*(?:eslint-disable|@ts-(?:expect-error|ignore|nocheck))/g;
const RUNNERS = new Set(["it", "test", "describe"]);
const SKIPPERS = new Set(["skip", "skipIf", "runIf", "todo", "fails"]);

/** @param {typescript.Node} node */
function isCast(node) {
  if (typescript.isTypeAssertionExpression(node)) return true;
  return typescript.isAsExpression(node) && node.type.getText() !== "const";
}

/** @param {typescript.Node} node */
function isSkip(node) {
  if (!typescript.isPropertyAccessExpression(node) || !SKIPPERS.has(node.name.text)) return false;
  let owner = node.expression;
  while (typescript.isPropertyAccessExpression(owner)) owner = owner.expression;
  return typescript.isIdentifier(owner) && RUNNERS.has(owner.text);
}

/** @param {string} name @param {string} text @returns {Counts} */
export function countIn(name, text) {
  const count = { disables: text.match(DIRECTIVE)?.length ?? 0, casts: 0, skips: 0 };
  const visit = (/** @type {typescript.Node} */ node) => {
    if (isCast(node)) count.casts += 1;
    if (isSkip(node)) count.skips += 1;
    typescript.forEachChild(node, visit);
  };
  visit(typescript.createSourceFile(name, text, typescript.ScriptTarget.ESNext, true));
  return count;
}

/** @returns {Counts} over every source file and test of ours */
function countAll() {
  const total = { disables: 0, casts: 0, skips: 0 };
  const folders = FOLDERS.filter((folder) => existsSync(join(ROOT, folder)));
  const files = folders.flatMap((folder) => {
    const inside = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
    return inside.map((file) => `${folder}/${file}`).filter((file) => /\.(ts|mjs)$/.test(file) && !NOT_OURS.test(file));
  });
  for (const file of files) {
    const { disables, casts, skips } = countIn(file, readFileSync(join(ROOT, file), "utf8"));
    total.disables += disables;
    total.casts += casts;
    total.skips += skips;
  }
  return total;
}

/** @param {Counts} counts @param {Counts} pins @returns {string[]} one line per pin that is exceeded */
export function excess(counts, pins) {
  /** @type {(keyof Counts)[]} */
  const kinds = ["disables", "casts", "skips"];
  return kinds
    .filter((kind) => counts[kind] > pins[kind])
    .map((kind) => `${counts[kind]} ${kind}, and the pin is ${pins[kind]}: remove one; raising a pin needs an ADR.`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const file = join(ROOT, "tooling/pins.json");
  const counts = countAll();
  console.log(`${counts.disables} lint disables, ${counts.casts} casts, ${counts.skips} skips`);
  if (process.argv.includes("--write")) writeFileSync(file, `${JSON.stringify(counts, undefined, 2)}\n`);
  const problems = excess(counts, JSON.parse(readFileSync(file, "utf8")));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
