#!/usr/bin/env node
/**
 * Runs generated patches through this package (`pnpm build` first) and through Codex's own `apply_patch`, and compares
 * success and the resulting trees: node scripts/compare.mjs --codex BINARY [--count PER_CLASS] [--seed N] [--show N]
 */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { nodeFiles, runApplyPatch } from "../dist/index.js";
import { CLASSES, createChance } from "./generate.mjs";

const { values } = parseArgs({
  options: {
    codex: { type: "string" },
    count: { type: "string", default: "250" },
    seed: { type: "string", default: "1" },
    show: { type: "string", default: "3" },
  },
});
if (values.codex === undefined) throw new Error("--codex BINARY is missing");
const home = fs.mkdtempSync(join(tmpdir(), "patch-compare-"));
const program = join(home, "apply_patch");
fs.symlinkSync(fs.realpathSync(values.codex), program);

function writeTree(root, tree) {
  fs.mkdirSync(root, { recursive: true });
  for (const [name, content] of Object.entries(tree)) {
    fs.mkdirSync(dirname(join(root, name)), { recursive: true });
    fs.writeFileSync(join(root, name), content);
  }
}

function readTree(root) {
  const files = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)).sort();
  return JSON.stringify(names.map((name) => [name, fs.readFileSync(join(root, name), "utf8")]));
}

function runCodex(root, patch, { preserve }) {
  const env = { HOME: home, ...(preserve ? { CODEX_APPLY_PATCH_PRESERVE_LINE_ENDINGS: "1" } : {}) };
  const { status, stdout, stderr } = spawnSync(program, [patch], { cwd: root, env, encoding: "utf8" });
  return { done: status === 0, stdout, said: stderr };
}

async function runOurs(root, patch) {
  const said = { out: "", errors: "" };
  const exit = await runApplyPatch(
    {
      args: ["--match-codex", patch],
      cwd: root,
      files: nodeFiles(),
      writeOutput: (text) => (said.out += text),
      writeError: (text) => (said.errors += text),
    },
    new AbortController().signal,
  );
  return { done: exit === 0, stdout: said.out, said: said.errors };
}

/** Differences that are meant (docs/parity.md): verdict → how to tell. */
const MEANT = {
  "codex lost a file moved onto itself": ({ ours, theirs, patch }) =>
    ours.done && theirs.done && patch.includes("*** Move to: ./f"),
  "stacked markers: only ours applied": ({ ours, theirs }) =>
    ours.done && /Unexpected line found in update hunk: '@@( |')/.test(theirs.said),
  "blank line inside a heredoc: only ours applied": ({ ours, patch }) =>
    ours.done && /^<<.*\n\s*\n|\n\s*\nEOF/.test(patch),
  "two hunks for one file: only codex applied": ({ ours, theirs }) =>
    theirs.done && ours.said.includes("multiple operations target"),
};

function judge(facts) {
  const { before, ours, theirs, ourTree, theirTree } = facts;
  if (ours.done === theirs.done && ourTree === theirTree && ours.stdout === theirs.stdout)
    return ours.done ? "both applied" : "both refused";
  const meant = Object.entries(MEANT).find(([, isMeant]) => isMeant(facts));
  if (meant !== undefined) return meant[0];
  if (ours.done && theirs.done) return ourTree === theirTree ? "DIFFERENT SUMMARY" : "DIFFERENT TREES";
  if (ours.done) return "ONLY OURS APPLIED";
  if (theirs.done) return "ONLY CODEX APPLIED";
  return ourTree === before ? "both refused, codex left a part" : "OURS CHANGED FILES AND FAILED";
}

async function compareAll() {
  const histogram = {};
  const shown = {};
  let refused = 0;
  let total = 0;
  for (const [name, { generate, preserve = false }] of Object.entries(CLASSES)) {
    const chance = createChance(Number(values.seed) * 1000 + name.length);
    for (let index = 0; index < Number(values.count); index += 1) {
      const { tree, patch } = generate(chance);
      const [left, right] = ["ours/root", "codex/root"].map((each) => join(home, each));
      for (const root of [left, right]) writeTree(root, tree);
      const before = readTree(dirname(left));
      const theirs = runCodex(right, patch, { preserve });
      const ours = await runOurs(left, patch);
      const trees = { ourTree: readTree(dirname(left)), theirTree: readTree(dirname(right)) };
      const verdict = judge({ patch, before, ours, theirs, ...trees });
      for (const root of [left, right]) fs.rmSync(dirname(root), { recursive: true });
      total += 1;
      if (!theirs.done) refused += 1;
      (histogram[name] ??= {})[verdict] = (histogram[name][verdict] ?? 0) + 1;
      const key = `${name}: ${verdict}`;
      shown[key] = (shown[key] ?? 0) + 1;
      if (/^[A-Z ]+$/.test(verdict) && shown[key] <= Number(values.show)) {
        console.log(`--- ${key}\n${patch}\n`, { before, ...trees, ours: ours.said, codex: theirs.said });
      }
    }
  }
  fs.rmSync(home, { recursive: true });
  console.table(histogram);
  console.log(`${total} patches, ${refused} refused by Codex (${Math.round((100 * refused) / total)} %)`);
}

await compareAll();
