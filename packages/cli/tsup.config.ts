import { copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { defineConfig } from "tsup";
import { writeCodeCache } from "./code-cache.js";
import { programText } from "./program-text.js";

const HELPER = "codex-linux-sandbox";

/**
 * One program: our packages and every dependency from source in one file, each lazy door a part that runs when it is
 * opened. `main.js` starts it with the code that V8 compiled for it at the end of the build.
 */
export default defineConfig({
  entry: { main: "src/launch.ts", codex: "src/main.ts" },
  format: ["cjs"],
  outExtension: () => ({ js: ".js" }),
  target: "node20.19",
  platform: "node",
  splitting: false,
  clean: true,
  minify: true,
  metafile: true,
  // it has a native part for each system, which npm picks at installation
  external: ["@lydell/node-pty"],
  noExternal: [/^(?!@lydell\/)/],
  define: {
    CODEX_VERSION: JSON.stringify(versionOf(JSON.parse(readFileSync("package.json", "utf8")))),
    "import.meta.url": "import_meta_url_codex",
    // the openai package looks whether a body is such a stream, which loads the streams of the web: 3 ms
    "globalThis.ReadableStream": "undefined",
  },
  banner: { js: 'const import_meta_url_codex=require("node:url").pathToFileURL(__filename).href;' },
  esbuildOptions(options) {
    // the openai package makes a `Headers` for each request: the global one loads undici, 15 ms and 5 MB
    options.inject = ["../core/src/model/headers.ts"];
    options.conditions = ["codex-source", "import", "module"];
    // what V8 keeps compiled asks for modules by `require`
    options.supported = { "dynamic-import": false };
  },
  onSuccess: async () => {
    // the folder's files are CommonJS, which V8 can keep compiled
    writeFileSync("dist/package.json", '{"type":"commonjs"}\n');
    for (const part of ["project", "session.jsonl"]) cpSync(`demo/${part}`, `dist/demo/${part}`, { recursive: true });
    const helper = `../linux-sandbox/dist/${HELPER}`;
    if (existsSync(helper)) copyFileSync(helper, `dist/${HELPER}`);
    writeFileSync("dist/codex.js", programText(readFileSync("dist/codex.js", "utf8")), "latin1");
    await writeCodeCache("dist");
  },
});

function versionOf(manifest: unknown): string {
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  throw new TypeError("package.json has no version");
}
