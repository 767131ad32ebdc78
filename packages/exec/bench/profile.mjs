// Processor time of one command (`true`) with a login shell, with the profile taken once, and without any profile.
// usage: node packages/exec/bench/profile.mjs [--n N] [--shell bash|zsh]      (from the root of the checkout)
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const option = (name, standard) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? standard : process.argv[at + 1];
};
const count = option("--n", "200");
const kind = option("--shell", "bash");
const shell = { kind, path: `/bin/${kind}` };

const body = Array.from({ length: 10 }, (_, line) => `  [ "$1" = ${line} ] && echo "line ${line} of $1"`).join("\n");
const functions = Array.from({ length: 60 }, (_, index) => `function_${index}() {\n${body}\n}\n`).join("");
const PROFILES = {
  "variables alone": 'export A=1 PATH="$HOME/bin:$PATH"\n',
  "60 functions (21 KB)": `${functions}alias ll='ls -l'\n`,
  "60 functions, 5 programs": `${functions}alias ll='ls -l'\nfor i in 1 2 3 4 5; do export U="$(uname)"; done\n`,
};

const folder = mkdtempSync(join(tmpdir(), "codex-profile-"));
try {
  await build({
    entry: { exec: fileURLToPath(new URL("../src/index.ts", import.meta.url)) },
    outDir: folder,
    format: "cjs",
    outExtension: () => ({ js: ".cjs" }),
    config: false,
    silent: true,
    external: ["@lydell/node-pty"],
    noExternal: [/^(?!@lydell)/],
    esbuildOptions: (options) => {
      options.conditions = ["codex-source"];
    },
  });
  const { createDirectEnvironment, readProfile, skipProfile } = createRequire(import.meta.url)(
    join(folder, "exec.cjs"),
  );
  const where = createDirectEnvironment({ id: "bench", allow_missing: [] });
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: folder };
  const asked = { argv: [shell.path, "-lc", "true"], cwd: folder, env, stdin: "closed" };
  console.log(`${kind}, ms of processor time per command, ${count} runs`);
  for (const [name, profile] of Object.entries(PROFILES)) {
    for (const file of [".bash_profile", ".zprofile"]) writeFileSync(join(folder, file), profile);
    const taken = await readProfile(shell, { where, cwd: folder, env }, new AbortController().signal);
    const ways = {
      login: asked,
      taken: taken === undefined ? undefined : skipProfile(asked, shell, taken),
      none: { ...asked, argv: [shell.path, "-c", "true"] },
    };
    const times = Object.entries(ways).map(([way, request]) =>
      request === undefined ? `${way} refused` : `${way} ${cost(request).toFixed(2)}`,
    );
    console.log(`${name}: ${times.join(", ")}`);
  }
  await where[Symbol.asyncDispose]();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Of children, as bash counts it. */
function cost({ argv, env, cwd }) {
  const loop = `for ((i = 0; i < ${count}; i++)); do "$@" </dev/null >/dev/null; done; times`;
  const printed = execFileSync("/bin/bash", ["-c", loop, "bash", ...argv], { env, cwd, encoding: "utf8" });
  const seconds = [
    ...printed
      .trim()
      .split("\n")
      .at(-1)
      .matchAll(/(\d+)m([\d.]+)s/g),
  ];
  return (seconds.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0) * 1000) / count;
}
