/**
 * Compiles native/*.c. Plain Node, no dependency; each form does nothing when it was done for these sources.
 *
 *   node build-native.mjs             for this machine: dist/codex-linux-sandbox
 *   node build-native.mjs --prebuilt  for a package: dist/prebuilt/{x64,arm64}/codex-linux-sandbox, static, each built
 *                                     twice in folders of different names; other bytes the second time are an error
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const native = join(here, "native");
const NAME = "codex-linux-sandbox";
const FLAGS = ["-O2", "-Wall", "-Wextra", "-Werror", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2"];
/** Nothing of the machine that compiled it: no paths, no identity of the link. */
const SAME_BYTES = ["-static", "-s", "-ffile-prefix-map=./=", "-Wl,--build-id=none"];

/** To try a package out (tooling/consume.mjs): without the other architecture when there is no compiler for it. */
const ONLY_AVAILABLE = process.env.CODEX_PREBUILT === "available";

/** musl's wrapper leaves them out; behind its own, so that none of the other C library's is read. */
const KERNEL_HEADERS = ["-idirafter", "/usr/include", "-idirafter", "/usr/include/x86_64-linux-gnu"];

/** `machine`: e_machine of its ELF files. */
const TARGETS = [
  {
    arch: "x64",
    machine: 62,
    compiler: "x86_64-linux-gnu-gcc",
    install: "apt-get install gcc-x86-64-linux-gnu libc6-dev-amd64-cross",
  },
  {
    arch: "arm64",
    machine: 183,
    compiler: "aarch64-linux-gnu-gcc",
    install: "apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
  },
];

const sources = readdirSync(native)
  .filter((name) => /\.[ch]$/.test(name))
  .sort();
const units = sources.filter((name) => name.endsWith(".c")).map((name) => `./${name}`);

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function stampOf(...more) {
  const hash = createHash("sha256").update(readFileSync(fileURLToPath(import.meta.url)));
  for (const text of more) hash.update(`\0${text}`);
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

function isFresh(targets, stampFile, wanted) {
  try {
    return targets.every(isExecutable) && readFileSync(stampFile, "utf8") === wanted;
  } catch {
    return false;
  }
}

function findProgram(names) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const name of names) {
    if (name.includes("/") && isExecutable(name)) return name;
    const folder = folders.find((each) => isExecutable(join(each, name)));
    if (folder !== undefined) return join(folder, name);
  }
  return undefined;
}

function compile(compiler, { folder, output, link }) {
  const env = { ...process.env, LC_ALL: "C", SOURCE_DATE_EPOCH: "0" };
  return spawnSync(compiler, [...FLAGS, ...link, "-o", output, ...units], { cwd: folder, env, encoding: "utf8" });
}

function failed(compiler, result) {
  stop(`${compiler} could not build the sandbox helper:\n${result.stderr ?? result.error?.message}`);
}

/**
 * musl first: glibc asks the processor about itself at every start, which costs a third of the helper where a
 * hypervisor answers. Not every system has a static C library; a dynamic helper starts more slowly.
 */
function compilersHere() {
  const { CC } = process.env;
  const musl = CC === undefined && process.arch === "x64" ? findProgram(["musl-gcc"]) : undefined;
  const compiler = findProgram(CC === undefined ? ["cc", "gcc", "clang"] : [CC]);
  return [
    ...(musl === undefined ? [] : [{ compiler: musl, link: ["-static", "-s", ...KERNEL_HEADERS] }]),
    ...(compiler === undefined ? [] : [["-static", "-s"], ["-s"]].map((link) => ({ compiler, link }))),
  ];
}

function buildHere() {
  if (process.platform !== "linux") return;
  const target = join(here, "dist", NAME);
  const wanted = stampOf(process.arch);
  if (isFresh([target], `${target}.stamp`, wanted)) return;
  const attempts = compilersHere();
  if (attempts.length === 0) {
    stop("the sandbox helper needs a C compiler: install one (apt install gcc libc6-dev; dnf install gcc) or set CC");
  }
  mkdirSync(join(here, "dist"), { recursive: true });
  const output = `${target}.${process.pid}`;
  const good = attempts.some(({ compiler, link }, at) => {
    const result = compile(compiler, { folder: native, output, link });
    if (result.status === 0) return true;
    rmSync(output, { force: true });
    return at === attempts.length - 1 ? failed(compiler, result) : false;
  });
  if (!good) return;
  renameSync(output, target);
  writeFileSync(`${target}.stamp`, wanted);
}

/** A static program for that machine; PT_INTERP (3) among its program headers would name a loader. */
function isStaticFor(machine, file) {
  if (file.toString("latin1", 0, 4) !== "\x7fELF" || file.readUInt16LE(18) !== machine) return false;
  const [start, size, count] = [Number(file.readBigUInt64LE(32)), file.readUInt16LE(54), file.readUInt16LE(56)];
  return Array.from({ length: count }, (_, at) => file.readUInt32LE(start + at * size)).every((type) => type !== 3);
}

function compilerFor({ arch, compiler, install }) {
  const found = findProgram([compiler, ...(arch === process.arch ? ["cc", "gcc"] : [])]);
  if (found === undefined && ONLY_AVAILABLE && arch !== process.arch) return undefined;
  if (found === undefined) stop(`no C compiler for ${arch} helpers (${compiler}): ${install}`);
  return found;
}

/** In a folder of its own, so that whatever of the folder ends up in the file shows. */
function buildIn(folder, { machine, arch }, compiler) {
  cpSync(native, folder, { recursive: true });
  const output = join(folder, `${NAME}-${arch}`);
  const result = compile(compiler, { folder, output, link: SAME_BYTES });
  if (result.status !== 0) failed(compiler, result);
  const file = readFileSync(output);
  if (!isStaticFor(machine, file)) stop(`${compiler} built something else than a static helper for ${arch}`);
  return file;
}

function buildTwice(target, compiler) {
  const scratch = mkdtempSync(join(tmpdir(), "codex-prebuilt-"));
  try {
    const [one, other] = ["one", "another/and/deeper"].map((name) => buildIn(join(scratch, name), target, compiler));
    if (!one.equals(other)) stop(`two builds of the ${target.arch} helper differ: it would not be reproducible`);
    return one;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** What has to be the same for others to get these bytes: this script, the sources, and the compilers named here. */
function buildPrebuilt() {
  const folder = join(here, "dist", "prebuilt");
  const found = TARGETS.map((target) => ({ target, compiler: compilerFor(target) }));
  const tools = found.filter(({ compiler }) => compiler !== undefined);
  const versions = tools.map(({ compiler }) => spawnSync(compiler, ["--version"], { encoding: "utf8" }).stdout);
  const names = versions.map((text) => text.split("\n")[0] ?? "");
  const wanted = stampOf("prebuilt", ...names);
  const files = tools.map(({ target }) => join(folder, target.arch, NAME));
  if (isFresh(files, join(folder, "stamp"), wanted)) return;
  rmSync(folder, { recursive: true, force: true });
  const lines = tools.map(({ target, compiler }, at) => {
    const file = buildTwice(target, compiler);
    mkdirSync(join(folder, target.arch), { recursive: true });
    writeFileSync(join(folder, target.arch, NAME), file, { mode: 0o755 });
    const digest = createHash("sha256").update(file).digest("hex");
    return `${digest}  ${target.arch}/${NAME}  # ${names[at]}`;
  });
  writeFileSync(join(folder, "SHA256SUMS"), `${lines.join("\n")}\n`);
  writeFileSync(join(folder, "stamp"), wanted);
  process.stdout.write(`${lines.join("\n")}\n`);
}

if (process.argv.includes("--prebuilt")) buildPrebuilt();
else buildHere();
