import { library } from "../../tooling/tsup.mjs";

// The helper is built into the same folder by build-native.mjs and must survive the cleaning (names within dist/).
export default library({ clean: ["!codex-linux-sandbox", "!codex-linux-sandbox.stamp"] });
