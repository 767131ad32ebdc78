/**
 * Is what we publish whole? Packs every package as for publishing and takes it as people would: with npm, in empty
 * folders, with an empty home. Each tarball alone, compiled strictly and imported; all together under programs on
 * their packed types (consumer/), which run against a scripted server; `@codex/cli` as a global command.
 *
 * Needs the built packages and a registry for third parties. Where no registry answers it says so and checks nothing.
 */
import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import typescript from "typescript";
import { guarded } from "./guarded.mjs";
import { Trouble } from "./run.mjs";
import { ROOT } from "./stamp.mjs";

/** Milliseconds for everything: whoever waits longer waits for nothing. */
const PATIENCE = 180_000;
/** Bytes that the installed command may take: the goal is 12 MB. */
const LARGEST_COMMAND = 12_000_000;
const TYPESCRIPT = join(ROOT, "node_modules/typescript/bin/tsc");
const NODE_TYPES = JSON.parse(readFileSync(join(ROOT, "node_modules/@types/node/package.json"), "utf8")).version;
const UNREACHABLE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT)\b/;
/** What has no business in a tarball. */
const JUNK = /^(src|test|native)\/|(^|\/)node_modules\/|\.(tsbuildinfo|map|stamp)$|metafile|(?<!\.d)\.ts$/;

/** @typedef {{ name: string, version: string, files: string[], dependencies: Record<string, string>, tgz: string,
 *   entries: string[], targets: string[] }} Packed `entries`: what may be imported; `targets`: files it promises */

class Unreachable extends Error {}

/** @param {readonly string[]} problems */
function refuse(problems) {
  if (problems.length > 0) throw new Trouble(problems.join("\n"));
}

/** @param {string} scratch */
function toolsIn(scratch) {
  const deadline = Date.now() + PATIENCE;
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|pnpm_|CODEX_|OPENAI_|NODE_OPTIONS$)/i.test(name),
  );
  const [home, temporary] = [join(scratch, "home"), join(scratch, "tmp")];
  mkdirSync(home);
  mkdirSync(temporary);

  /** @param {string} cwd @param {readonly [string, ...string[]]} argv @param {NodeJS.ProcessEnv} env */
  async function call(cwd, [program, ...args], env = process.env) {
    try {
      const timeout = Math.max(1, deadline - Date.now());
      const options = { cwd, env, timeout, maxBuffer: 16_000_000, killSignal: /** @type {const} */ ("SIGKILL") };
      return (await promisify(execFile)(program, args, options)).stdout;
    } catch (error) {
      const { stdout, stderr, message } = Object.assign({ stdout: "", stderr: "", message: "" }, error);
      const told = `${stdout}${stderr}`.trim();
      if (/^np[mx]$/.test(program) && UNREACHABLE.test(told)) throw new Unreachable(told);
      const words = Date.now() >= deadline ? `took longer than ${PATIENCE / 1000} s` : told.slice(-4_000) || message;
      throw new Trouble(`in ${cwd.slice(scratch.length) || "."}: ${[program, ...args].join(" ")}\n${words}`);
    }
  }
  const theirs = { ...Object.fromEntries(kept), HOME: home, TMPDIR: temporary };
  /** @param {string} cwd @param {readonly [string, ...string[]]} argv */
  const outside = (cwd, argv) => call(cwd, argv, { ...theirs, ...npmSettings });
  /** @type {Record<string, string>} */
  const npmSettings = {};
  return { call, outside, npmSettings };
}

/** @typedef {ReturnType<typeof toolsIn>} Tools */

/** The person's own npm: where its registry and its cache are, while the home is empty. @param {Tools} tools */
async function readNpmSettings({ call, npmSettings }) {
  const shown = JSON.parse(await call(tmpdir(), ["npm", "config", "list", "--json"]));
  for (const key of ["userconfig", "cache"]) npmSettings[`npm_config_${key}`] = shown[key];
  Object.assign(npmSettings, { npm_config_update_notifier: "false", npm_config_prefer_offline: "true" });
}

/** @param {unknown} value @returns {string[]} the paths in an `exports` or `bin` field */
function pathsIn(value) {
  if (typeof value === "string") return [value.replace(/^\.\//, "")];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(pathsIn) : [];
}

/** @param {string} tgz @param {Tools} tools @returns {Promise<Packed>} */
async function readTarball(tgz, { call }) {
  const listed = await call(ROOT, ["tar", "-tzf", tgz]);
  const manifest = JSON.parse(await call(ROOT, ["tar", "-xzOf", tgz, "package/package.json"]));
  const { name, version, exports = {}, bin = {} } = manifest;
  const dependencies = { ...manifest.dependencies, ...manifest.optionalDependencies };
  const files = listed
    .trim()
    .split("\n")
    .map((file) => file.replace(/^package\//, ""));
  const entries = Object.keys(exports).map((entry) => `${name}${entry.slice(1)}`);
  return { name, version, dependencies, files, tgz, entries, targets: [...pathsIn(exports), ...pathsIn(bin)] };
}

/** @param {Packed} packed @returns {string[]} one line for each thing that is wrong with the tarball itself */
function problemsOf({ name, files, targets, dependencies }) {
  const missing = ["README.md", "LICENSE", ...targets].filter((file) => !files.includes(file));
  const unreal = Object.entries(dependencies).filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range));
  return [
    ...missing.map((file) => `${name}: ${file} is promised and not packed`),
    ...files.filter((file) => JUNK.test(file)).map((file) => `${name}: ${file} is packed and nobody needs it`),
    ...unreal.map(([key, range]) => `${name}: needs ${key} ${range}, which is no exact version`),
  ];
}

/**
 * Helpers of an architecture that has no compiler here are left out, which is said.
 * @param {string} scratch @param {Tools} tools @returns {Promise<Packed[]>}
 */
async function pack(scratch, tools) {
  const folder = join(scratch, "tarballs");
  const chosen = ["-r", "--filter", "./packages/*", "--filter", "!@codex/test-support"];
  const env = { ...process.env, CODEX_PREBUILT: "available" };
  await tools.call(ROOT, ["npx", "-y", "pnpm@10.34.9", ...chosen, "pack", "--pack-destination", folder], env);
  for (const arch of ["x64", "arm64"].filter((each) => !existsSync(join(ROOT, "packages/cli/dist/prebuilt", each)))) {
    console.log(`MISSING: no compiler for ${arch} here, so its sandbox helper is not in these tarballs`);
  }
  const names = readdirSync(folder).sort();
  return Promise.all(names.map((name) => readTarball(join(folder, name), tools)));
}

/** @param {Packed} packed @param {readonly Packed[]} all @returns {Packed[]} of ours: what it needs, and they need */
function needsOf(packed, all) {
  const direct = all.filter(({ name }) => name in packed.dependencies);
  return [...new Set([...direct, ...direct.flatMap((each) => needsOf(each, all))])];
}

/** @param {readonly Packed[]} packed */
function asFiles(packed) {
  return Object.fromEntries(packed.map(({ name, tgz }) => [name, `file:${tgz}`]));
}

/**
 * What a module asks for only when a door is opened has to be declared too.
 * @param {string} folder of the installed package
 * @param {Packed} packed
 * @returns {string[]} one line for each import that its manifest does not name
 */
function undeclaredIn(folder, { name, files, dependencies }) {
  const modules = files.filter((file) => /\.(js|d\.ts)$/.test(file) && !file.includes("/demo/"));
  return modules.flatMap((file) => {
    const { importedFiles } = typescript.preProcessFile(readFileSync(join(folder, file), "utf8"), true, true);
    const asked = importedFiles.map(({ fileName }) => fileName).filter((each) => !/^\./.test(each) && !isBuiltin(each));
    const owners = asked.map((each) => each.split("/", each.startsWith("@") ? 2 : 1).join("/"));
    const unknown = owners.filter((owner) => owner !== name && !(owner in dependencies));
    return [...new Set(unknown)].map(
      (owner) => `${name}: ${file} imports ${owner}, which its package.json does not name`,
    );
  });
}

/** @param {string} folder @returns {{ bytes: number, files: number }} */
function sizeOf(folder) {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => statSync(join(folder, path)));
  const files = paths.filter((stat) => stat.isFile());
  return { bytes: files.reduce((sum, { size }) => sum + size, 0), files: files.length };
}

/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;

/**
 * @param {string} folder
 * @param {{ wanted: readonly Packed[], needed: readonly Packed[], more?: Record<string, string> }} what `needed`: they
 *   stand in for what the registry will have; `more`: from the registry
 * @param {Tools} tools
 */
async function install(folder, { wanted, needed, more = {} }, { outside }) {
  const dependencies = { ...asFiles(wanted), ...more };
  const manifest = { private: true, type: "module", dependencies, overrides: asFiles(needed) };
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  await outside(folder, ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]);
}

/**
 * Each with nothing but what its manifest asks for; beside them only Node's types. One compiler for all: that reads the
 * language's own declarations once.
 * @param {Packed[]} all @param {string} folder @param {Tools} tools
 */
async function takeAlone(all, folder, tools) {
  await install(folder, { wanted: [], needed: [], more: { "@types/node": NODE_TYPES } }, tools);
  const alone = all
    .filter(({ entries }) => entries.length > 0)
    .map((each) => ({ each, own: join(folder, each.tgz.split("/").at(-1) ?? "") }));
  await settle(
    alone.map(
      ({ each, own }) =>
        () =>
          install(own, { wanted: [each], needed: needsOf(each, all) }, tools),
    ),
  );
  for (const { each, own } of alone) writeFileSync(join(own, "alone.ts"), programOf(each));
  cpSync(join(ROOT, "tooling/consumer/tsconfig.json"), join(folder, "base.json"));
  const files = alone.map(({ own }) => join(own, "alone.ts"));
  const compilerOptions = { outDir: ".", rootDir: "." };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "./base.json", compilerOptions, files }));
  await tools.outside(folder, [process.execPath, TYPESCRIPT]);
  for (const { each, own } of alone) {
    const installed = join(own, "node_modules", each.name);
    refuse(undeclaredIn(installed, each));
    const { bytes, files } = sizeOf(installed);
    await tools.outside(own, [process.execPath, "--input-type=commonjs", "-e", requireOf(each)]);
    const told = (await tools.outside(own, [process.execPath, "alone.js"])).trim().replaceAll("\n", ", ");
    console.log(`${each.name}: ${megabytes(bytes)} in ${files} files; alone: ${told}`);
  }
}

/** @param {Packed} packed */
function programOf({ entries }) {
  const names = entries.map((entry, at) => `import * as part${at} from ${JSON.stringify(entry)};\n`);
  const uses = entries.map((entry, at) => `console.log("${entry}: " + Object.keys(part${at}).length + " names");\n`);
  return [...names, ...uses].join("");
}

/** As a program in CommonJS takes them. @param {Packed} packed */
function requireOf({ entries }) {
  return entries.map((entry) => `require(${JSON.stringify(entry)});`).join("");
}

/** @param {Packed[]} libraries @param {string} folder @param {Tools} tools */
async function takeTogether(libraries, folder, tools) {
  const zod = libraries.find(({ name }) => name === "@codex/core")?.dependencies["zod"] ?? "";
  await install(folder, { wanted: libraries, needed: [], more: { zod, "@types/node": NODE_TYPES } }, tools);
  cpSync(join(ROOT, "tooling/consumer"), folder, { recursive: true });
  await tools.outside(folder, [process.execPath, TYPESCRIPT]);
  for (const program of ["engine", "parts"]) {
    const told = await tools.outside(folder, [process.execPath, `out/${program}.js`]);
    console.log(`consumer, ${program}: compiled against the packed types; ${told.trim()}`);
  }
}

/** @param {Packed} cli @param {string} prefix @param {Tools} tools */
async function takeCommand(cli, prefix, { outside }) {
  mkdirSync(prefix);
  await outside(prefix, ["npm", "install", "--global", "--prefix", prefix, "--ignore-scripts", "--no-audit", cli.tgz]);
  const codex = join(prefix, "bin/codex");
  const version = (await outside(prefix, [codex, "--version"])).trim();
  if (!version.endsWith(cli.version))
    throw new Trouble(`codex --version says ${version}, and ${cli.version} was packed`);
  await outside(prefix, [codex, "sandbox", "--", "true"]);
  // V8 refuses what was kept by a V8 with other flags, as it does that of another version
  await outside(prefix, [process.execPath, "--stack-size=900", codex, "--version"]);
  refuse(undeclaredIn(join(prefix, "lib/node_modules", cli.name), cli));
  const { bytes, files } = sizeOf(join(prefix, "lib/node_modules"));
  console.log(`${cli.name}: ${megabytes(bytes)} in ${files} files installed; ${version}, codex sandbox -- true`);
  if (bytes > LARGEST_COMMAND) throw new Trouble(`${cli.name} takes more than ${megabytes(LARGEST_COMMAND)}`);
}

/** Two at a time: npm waits for disks and servers. @param {(() => Promise<void>)[]} jobs */
async function settle(jobs) {
  const work = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job();
  };
  const ends = await Promise.allSettled([work(), work()]);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

guarded(async () => {
  const scratch = mkdtempSync(join(tmpdir(), "codex-consume-"));
  try {
    const tools = toolsIn(scratch);
    await readNpmSettings(tools);
    const all = await pack(scratch, tools);
    refuse(all.flatMap(problemsOf));
    for (const cli of all.filter(({ name }) => name === "@codex/cli"))
      await takeCommand(cli, join(scratch, "global"), tools);
    await takeAlone(all, join(scratch, "alone"), tools);
    await takeTogether(
      all.filter(({ entries }) => entries.length > 0),
      join(scratch, "together"),
      tools,
    );
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    console.log(
      `SKIPPED: no package registry answers npm, so nothing could be installed:\n${error.message.slice(0, 600)}`,
    );
  } finally {
    if (!process.env.KEEP) rmSync(scratch, { recursive: true, force: true });
    else console.log(scratch);
  }
});
