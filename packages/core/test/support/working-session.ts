import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ev } from "@codex/test-support";
import { liveSession } from "./live.js";

const run = promisify(execFile);

/** A command of the session; those that begin with `!` ask to leave the sandbox. */
type Step = string;

/** One afternoon on a small tool, as an agent goes about it: an answer of the model a line. */
const ANSWERS: readonly (readonly Step[])[] = [
  ["ls -la", "git status --short", "git log --oneline -5"],
  ["cat package.json", "rg -n 'export function' src || grep -rn 'export function' src"],
  ["sed -n 1,80p src/tally.js", "sed -n 1,60p test/tally.test.js", "head -3 data/a.csv | cat -A"],
  ["npm test"],
  ["node --test test/tally.test.js"],
  ["cd src && node tally.js ../data/a.csv", "node src/tally.js data/a.csv | sort | uniq -c"],
  ["git diff", "git diff --stat | tail -1"],
  ["sed -i 's/parseInt(cell)/Number(cell)/' src/tally.js", "git diff -- src/tally.js"],
  ["npm test", "node --test test/tally.test.js"],
  ["NODE_ENV=test npm test"],
  ["python3 scripts/check.py data/a.csv", "python3 scripts/check.py data/b.csv"],
  ["npm run lint", "npm run lint -- --quiet"],
  ["!git add -A", "!git commit -qm 'fix: numbers keep their fraction'"],
  ["git log --oneline -1", "!git checkout -qb next"],
  ["cd src && npm test", "bash -lc 'npm test'"],
  ["npm test -- --test-name-pattern sums", "bash -lc 'node --test test/tally.test.js'"],
  ["mkdir -p build && node scripts/build.js", "node scripts/build.js", "ls -la build", "cat build/out.txt"],
  ["find . -name '*.js' -not -path './node_modules/*' | wc -l", "wc -l src/*.js"],
  ["touch NOTES.md", "printf 'fractions\\n' >> NOTES.md", "cat NOTES.md"],
  ["!git add NOTES.md", "!git commit -qm 'docs: notes'", "!git push origin next"],
  ["!npm install --no-audit left-pad", "!npm install --no-audit left-pad@1.3.0"],
  ["!bash -lc 'git push origin next'", "!git push origin next"],
  ["timeout 20 npm test", "env NODE_ENV=test npm test"],
  ["!git fetch origin", "!git fetch origin next", "git branch --all", "git show --stat HEAD"],
  ["node -e 'console.log(1.5 + 2)'", "python3 -c 'print(1.5 + 2)'"],
  ["npm test; echo $?", "npm test && git status --short"],
  ['!bash -c "git push origin next"', "git status", "git log --oneline -5"],
];

const FILES: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify(
    { name: "tally", type: "module", scripts: { test: "node --test", lint: "node --check src/tally.js" } },
    undefined,
    2,
  ),
  "src/tally.js": [
    'import { readFileSync } from "node:fs";',
    "export function sum(cells) {",
    "  return cells.map((cell) => parseInt(cell)).reduce((a, b) => a + b, 0);",
    "}",
    'if (process.argv[2]) console.log(sum(readFileSync(process.argv[2], "utf8").trim().split("\\n")));',
    "",
  ].join("\n"),
  "test/tally.test.js": [
    'import { test } from "node:test";',
    'import assert from "node:assert";',
    'import { sum } from "../src/tally.js";',
    'test("sums fractions", () => assert.equal(sum(["1.5", "2"]), 3.5));',
    "",
  ].join("\n"),
  "data/a.csv": "1.5\n2\n",
  "data/b.csv": "1\n2\n",
  "scripts/check.py": "import sys\nprint(sum(float(x) for x in open(sys.argv[1])))\n",
  "scripts/build.js": 'import { writeFileSync } from "node:fs";\nwriteFileSync("build/out.txt", "built\\n");\n',
};

/** Lets the real engine go through the session, in the real sandbox with a person who agrees, and records it. */
export async function recordWorkingSession(file: string): Promise<void> {
  await using live = await liveSession({ approval: '"on-request"', sandbox: "workspace-write", record: file });
  for (const [name, text] of Object.entries(FILES)) await live.workspace.write(name, text);
  await startRepository(live.workspace.path, live.outside.path);
  let count = 0;
  for (const answer of ANSWERS) {
    const calls = answer.map((step) => {
      const script = step.replace(/^!/, "");
      const leave = step.startsWith("!") ? { sandbox_permissions: "require_escalated" } : {};
      return ev.call(`step_${(count += 1)}`, "exec_command", { cmd: script, ...leave, login: false });
    });
    await live.call(calls);
  }
}

async function startRepository(folder: string, origin: string): Promise<void> {
  const git = (...args: readonly string[]) => run("git", ["-C", folder, ...args]);
  await run("git", ["init", "-q", "--bare", origin]);
  await git("init", "-q", "-b", "main");
  await git("config", "user.name", "Test");
  await git("config", "user.email", "test@example.invalid");
  await git("remote", "add", "origin", origin);
  await git("add", "-A");
  await git("commit", "-qm", "start");
}
