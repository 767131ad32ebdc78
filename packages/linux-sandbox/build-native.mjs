// Compiles native/*.c to dist/codex-linux-sandbox when a source, or this file, has changed. Plain Node, no dependency.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const native = join(here, "native");
const target = join(here, "dist", "codex-linux-sandbox");
const stampFile = `${target}.stamp`;
const FLAGS = ["-O2", "-Wall", "-Wextra", "-Werror", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2"];

function stamp(sources) {
  const hash = createHash("sha256")
    .update(process.arch)
    .update(readFileSync(fileURLToPath(import.meta.url)));
  for (const name of sources) hash.update(`\0${name}\0`).update(readFileSync(join(native, name)));
  return hash.digest("hex");
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isFresh(wanted) {
  try {
    return isExecutable(target) && readFileSync(stampFile, "utf8") === wanted;
  } catch {
    return false;
  }
}

function findCompiler() {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const names = process.env.CC === undefined ? ["cc", "gcc", "clang", "musl-gcc"] : [process.env.CC];
  for (const name of names) {
    if (name.includes("/") && isExecutable(name)) return name;
    const folder = folders.find((each) => isExecutable(join(each, name)));
    if (folder !== undefined) return join(folder, name);
  }
  return undefined;
}

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

// Not every system has the static C library; a dynamic helper starts more slowly and is otherwise the same.
function compile(compiler, sources, output) {
  const files = sources.filter((name) => name.endsWith(".c")).map((name) => join(native, name));
  const run = (link) => spawnSync(compiler, [...FLAGS, ...link, "-o", output, ...files], { encoding: "utf8" });
  const result = run(["-static", "-s"]);
  return result.status === 0 ? result : run(["-s"]);
}

function build(sources, wanted) {
  if (process.platform !== "linux") return;
  const compiler = findCompiler();
  if (compiler === undefined) {
    stop("the sandbox helper needs a C compiler: install one (apt install gcc libc6-dev; dnf install gcc) or set CC");
  }
  mkdirSync(join(here, "dist"), { recursive: true });
  const output = `${target}.${process.pid}`;
  const result = compile(compiler, sources, output);
  if (result.status !== 0) {
    rmSync(output, { force: true });
    stop(`${compiler} could not build the sandbox helper:\n${result.stderr ?? result.error?.message}`);
  }
  renameSync(output, target);
  writeFileSync(stampFile, wanted);
}

const sources = readdirSync(native)
  .filter((name) => /\.[ch]$/.test(name))
  .sort();
const wanted = stamp(sources);
if (!isFresh(wanted)) build(sources, wanted);
