/**
 * The law of imports (docs/architecture.md §2) as data, and the two questions asked of it: may this file import
 * that module, and may this package.json name that package. The linter, test/graph.test.ts and
 * `node tooling/graph.mjs` all read this one table. Packages that do not exist yet are listed, so that the first
 * commit of each is already held to its place.
 */
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { pathToFileURL } from "node:url";

/** @typedef {{ layer: number | undefined, mayImport: readonly string[] }} Room */

const WORDS = ["protocol", "common"];
const LAYER_2 = ["exec", "login", "mcp-client", "chatgpt", "responses-api-proxy"];
const BELOW_CORE = [
  ...WORDS,
  "mcp-types",
  "config",
  "execpolicy",
  "apply-patch",
  "file-search",
  "git-tooling",
  "ansi-escape",
  "linux-sandbox",
  ...LAYER_2,
];
const FACES = ["tui", "headless", "mcp-server"];

/** @type {Readonly<Record<string, Room>>} */
export const PACKAGES = {
  protocol: { layer: 0, mayImport: [] },
  "mcp-types": { layer: 0, mayImport: [] },
  common: { layer: 0, mayImport: [] },
  config: { layer: 1, mayImport: WORDS },
  execpolicy: { layer: 1, mayImport: WORDS },
  "apply-patch": { layer: 1, mayImport: [] },
  "file-search": { layer: 1, mayImport: ["common"] },
  "git-tooling": { layer: 1, mayImport: WORDS },
  "ansi-escape": { layer: 1, mayImport: [] },
  "linux-sandbox": { layer: 1, mayImport: WORDS },
  exec: { layer: 2, mayImport: [...WORDS, "linux-sandbox"] },
  login: { layer: 2, mayImport: WORDS },
  "mcp-client": { layer: 2, mayImport: [...WORDS, "mcp-types"] },
  chatgpt: { layer: 2, mayImport: [...WORDS, "git-tooling", "login"] },
  "responses-api-proxy": { layer: 2, mayImport: ["common"] },
  core: { layer: 3, mayImport: BELOW_CORE },
  tui: { layer: 4, mayImport: [...WORDS, "ansi-escape"] },
  headless: { layer: 4, mayImport: [...WORDS, "ansi-escape"] },
  "mcp-server": { layer: 4, mayImport: [...WORDS, "mcp-types"] },
  cli: { layer: 5, mayImport: [...BELOW_CORE, "core", ...FACES] },
  "test-support": { layer: undefined, mayImport: WORDS },
};

/** Their tests would close a circle, since test-support imports them: turbo refuses it. */
const WITHOUT_TEST_SUPPORT = [...WORDS, "test-support"];

/**
 * Modules that only some places may reach. `where` limits the rule to one package; `except` lists path prefixes
 * that hold the power. Product source only: tests run on real processes and files.
 * @type {readonly { modules: readonly string[], where?: string, except: readonly string[], advice: string }[]}
 */
export const POWERS = [
  {
    modules: LAYER_2.map((name) => `@codex/${name}`),
    where: "core",
    except: ["core/src/compose.ts"],
    advice: "only core/src/compose.ts sees layer 2: take a port from @codex/protocol and let compose.ts fill it",
  },
  {
    modules: ["node:child_process"],
    except: ["exec/src/", "linux-sandbox/src/", "cli/src/host.ts", "test-support/src/"],
    advice: "run programs through an Environment you are given (the `host` environment for our own needs)",
  },
  {
    modules: ["node:net", "node:tty", "node:tls", "node:dgram"],
    where: "core",
    except: [],
    advice: "the engine opens no socket and draws nothing: ask for a port",
  },
  {
    modules: ["node:http", "node:https", "node:http2", "undici"],
    where: "core",
    except: ["core/src/model/transport.ts"],
    advice: "HTTP leaves core through core/src/model/transport.ts only",
  },
  {
    modules: ["node:fs"],
    where: "core",
    except: ["core/src/rollout/", "core/src/home/"],
    advice: "project files go through Environment.files; our own state belongs to core/src/home or core/src/rollout",
  },
  {
    modules: ["zod"],
    where: "protocol",
    except: ["protocol/src/schema/"],
    advice: "the words load without a validator: schemas live in protocol/src/schema and are imported lazily",
  },
  {
    modules: ["blessed"],
    where: "tui",
    except: ["tui/src/term/"],
    advice: "only tui/src/term knows the terminal library: draw through its port",
  },
];

/** Places that may read `process.env`; everything else is handed the values it needs. */
export const ENV_READERS = ["packages/cli/src/**", "packages/config/src/**", "packages/*/src/bin.ts"];

/** @param {string} specifier @returns {string} one spelling per module: `fs/promises` is `node:fs/promises` */
function canonical(specifier) {
  return !specifier.startsWith("node:") && isBuiltin(specifier) ? `node:${specifier}` : specifier;
}

/** @param {string} specifier @param {string} module */
function isPartOf(specifier, module) {
  return specifier === module || specifier.startsWith(`${module}/`);
}

/** @param {string} name @param {string} target @param {{ inTest: boolean }} place @returns {string | undefined} */
function lawOfLayers(name, target, { inTest }) {
  const room = PACKAGES[name];
  if (room === undefined) return `${name} is not in tooling/graph.mjs: give it a layer there first`;
  if (target === name && inTest) return undefined;
  if (room.mayImport.includes(target)) return undefined;
  if (target === "test-support" && inTest && !WITHOUT_TEST_SUPPORT.includes(name)) return undefined;
  const allowed = room.mayImport.join(", ") || "no package of ours";
  return `${name} may not import @codex/${target} (it may import: ${allowed}); move the code down, or take a port`;
}

/** @param {string} path inside packages/ @param {string} specifier @returns {string | undefined} */
function lawOfPowers(path, specifier) {
  const name = path.split("/")[0];
  for (const { modules, where, except, advice } of POWERS) {
    if (where !== undefined && where !== name) continue;
    if (!modules.some((module) => isPartOf(specifier, module))) continue;
    if (!except.some((place) => path === place || (place.endsWith("/") && path.startsWith(place)))) return advice;
  }
  return undefined;
}

/**
 * Why `file` may not import `specifier`; undefined when it may.
 * @param {string} file path from the repository root, with forward slashes
 * @param {string} specifier as written in the import
 * @returns {string | undefined}
 */
export function importProblem(file, specifier) {
  const [, name, folder] = /^packages\/([^/]+)\/(src|test)\//.exec(file) ?? [];
  if (name === undefined) return undefined;
  const inTest = folder === "test";
  if (specifier.startsWith(".")) {
    const inside = posix.join(posix.dirname(file), specifier).startsWith(`packages/${name}/`);
    return inside ? undefined : "a relative import stays inside its package: import @codex/NAME instead";
  }
  const target = /^@codex\/([^/]+)/.exec(specifier)?.[1];
  const outOfLayer = target === undefined ? undefined : lawOfLayers(name, target, { inTest });
  if (outOfLayer !== undefined || inTest) return outOfLayer;
  return lawOfPowers(file.slice("packages/".length), canonical(specifier));
}

/**
 * What is wrong with the dependencies of one package.json. devDependencies count like dependencies, because that
 * is where inlined and bundled packages are named.
 * @param {string} name folder under packages/
 * @param {Readonly<Record<string, unknown>>} manifest
 * @returns {string[]}
 */
export function manifestProblems(name, manifest) {
  const problems = [];
  if (manifest["name"] !== `@codex/${name}`) problems.push(`packages/${name} must be named @codex/${name}`);
  for (const field of ["dependencies", "peerDependencies", "optionalDependencies", "devDependencies"]) {
    const inTest = field === "devDependencies";
    for (const dependency of Object.keys(manifest[field] ?? {})) {
      if (!dependency.startsWith("@codex/")) continue;
      const problem = lawOfLayers(name, dependency.slice("@codex/".length), { inTest });
      if (problem !== undefined) problems.push(`${field}: ${problem}`);
    }
  }
  return problems;
}

/** @returns {string} the layers, top first */
export function drawLayers() {
  const lines = [];
  for (const layer of [5, 4, 3, 2, 1, 0, undefined]) {
    for (const [name, room] of Object.entries(PACKAGES)) {
      if (room.layer !== layer) continue;
      const imports = room.mayImport.join(", ") || "nothing of ours";
      lines.push(`${layer ?? "-"}  ${name.padEnd(20)} may import ${imports}`);
    }
  }
  return lines.join("\n");
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(drawLayers());
}
