/** Bring the checkout to a state that can run: install and build, each only when it is stale. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run, Trouble } from "./run.mjs";
import { buildKey, installKey, isFresh, stamp, unstamp } from "./stamp.mjs";

/** House rule: exactly this one (docs/architecture.md §5). */
const PNPM = "pnpm@10.34.9";

/** @param {string} text */
function say(text) {
  process.stderr.write(`${text}\n`);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The sandbox helper is C. Asked before anything is downloaded or built, so that nothing is left half done. */
function requireCompiler() {
  if (process.platform !== "linux") return;
  const names = process.env.CC === undefined ? ["cc", "gcc", "clang"] : [process.env.CC.split(" ")[0] ?? "cc"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names.some((name) => folders.some((folder) => isExecutable(join(folder, name))) || isExecutable(name));
  if (found) return;
  throw new Trouble(
    `No C compiler (${names.join(", ")}) on PATH, and the sandbox helper is built from C: install one, ` +
      "for example with `apt-get install gcc libc6-dev`, `dnf install gcc glibc-static` or `apk add gcc musl-dev linux-headers`.",
  );
}

/** @param {string} root */
export async function install(root) {
  const key = installKey(root);
  if (isFresh(root, "install", key) && existsSync(join(root, "node_modules", ".modules.yaml"))) return;
  unstamp(root, "install");
  say("Installing dependencies (only when the lockfile changes) …");
  // Another HOME means another store: pnpm may then replace node_modules without asking.
  await run(["npx", "-y", PNPM, "install", "--frozen-lockfile", "--config.confirm-modules-purge=false"], {
    cwd: root,
    // `npm start -s` would silence the reason of a failure; without a network, say so within seconds.
    env: {
      npm_config_loglevel: "error",
      npm_config_fetch_retry_mintimeout: "1000",
      npm_config_fetch_retry_maxtimeout: "5000",
    },
    name: "Installing dependencies",
    remedy: "check that the npm registry can be reached, then run the same command again.",
  });
  stamp(root, "install", key);
}

/** @param {string} root */
async function build(root) {
  if (isFresh(root, "build", buildKey(root)) && existsSync(join(root, "packages/cli/dist/main.js"))) return;
  requireCompiler();
  unstamp(root, "build");
  say("Building codex (only when its sources change) …");
  // The helper first: the bundle carries a copy of it.
  await run([process.execPath, "packages/linux-sandbox/build-native.mjs"], {
    cwd: root,
    name: "Compiling the sandbox helper",
    remedy: "it needs a C compiler and the static C library (`apt-get install gcc libc6-dev`).",
  });
  await run([process.execPath, join(root, "node_modules/tsup/dist/cli-default.js")], {
    cwd: join(root, "packages/cli"),
    env: { CODEX_SKIP_DTS: "1" },
    name: "Bundling packages/cli",
    remedy: "the lines above name the file to repair.",
  });
  stamp(root, "build", buildKey(root));
}

/** @param {string} root */
export async function prepare(root) {
  if (!existsSync(join(root, "node_modules"))) requireCompiler();
  await install(root);
  await build(root);
}
