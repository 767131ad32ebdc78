/** Read from source, so that its types are written into the declarations: nobody can install it. */
const INLINED = { "@codex/common": ["../common/src/index.ts"] };

/**
 * The one way a library package is built: ESM for Node 20, declarations, `@codex/common` inlined so that the
 * tarball installs alone. Names starting with `@codex/` and every real dependency stay imports.
 */
export function library({ entry = ["src/index.ts"], noExternal = [], inlinedTypes = {}, ...rest } = {}) {
  return {
    entry,
    format: ["esm"],
    target: "node20.19",
    platform: "node",
    splitting: true,
    clean: true,
    sourcemap: false,
    treeshake: true,
    dts: process.env.CODEX_SKIP_DTS !== "1" && { compilerOptions: { paths: { ...INLINED, ...inlinedTypes } } },
    noExternal: ["@codex/common", ...noExternal],
    esbuildOptions(options) {
      options.conditions = ["codex-source", "import", "module"];
    },
    ...rest,
  };
}
