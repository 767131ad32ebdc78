import { library } from "../../tooling/tsup.mjs";

// The helpers are built into the same folder by build-native.mjs and must survive the cleaning (names within dist/).
export default library({
  entry: ["src/index.ts", "src/bin.ts"],
  clean: ["!codex-linux-sandbox", "!codex-linux-sandbox.stamp", "!prebuilt/**"],
});
