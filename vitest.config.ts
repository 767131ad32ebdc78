import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["codex-source", "node", "import", "module", "default"] },
  ssr: {
    resolve: {
      conditions: ["codex-source", "node", "import", "module", "default"],
      externalConditions: ["codex-source"],
    },
  },
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    pool: "forks",
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
