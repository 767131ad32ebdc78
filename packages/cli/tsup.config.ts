import { copyFileSync, cpSync, existsSync, readFileSync } from "node:fs";
import { defineConfig } from "tsup";

const HELPER = "codex-linux-sandbox";

/** One program: our packages and every dependency from source, split so that a start loads only what it needs. */
export default defineConfig({
  entry: { main: "src/main.ts" },
  format: ["esm"],
  target: "node20.19",
  platform: "node",
  splitting: true,
  clean: true,
  minify: true,
  metafile: true,
  // it has a native part for each system, which npm picks at installation
  external: ["@lydell/node-pty"],
  noExternal: [/^(?!@lydell\/)/],
  define: { CODEX_VERSION: JSON.stringify(versionOf(JSON.parse(readFileSync("package.json", "utf8")))) },
  // CommonJS dependencies ask for `require`.
  banner: {
    js: 'import{createRequire as createRequire_codex}from"node:module";const require=createRequire_codex(import.meta.url);',
  },
  esbuildOptions(options) {
    // the openai package makes a `Headers` for each request: the global one loads undici, 15 ms and 5 MB
    options.inject = ["../core/src/model/headers.ts"];
    options.conditions = ["codex-source", "import", "module"];
  },
  onSuccess: async () => {
    for (const part of ["project", "session.jsonl"]) cpSync(`demo/${part}`, `dist/demo/${part}`, { recursive: true });
    const helper = `../linux-sandbox/dist/${HELPER}`;
    if (existsSync(helper)) copyFileSync(helper, `dist/${HELPER}`);
  },
});

function versionOf(manifest: unknown): string {
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  throw new TypeError("package.json has no version");
}
