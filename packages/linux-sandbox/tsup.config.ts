import { library } from "../../tooling/tsup.mjs";

// The helper is built into the same folder by build-native.mjs and must survive the cleaning.
export default library({ clean: ["dist/*.js", "dist/*.d.ts"] });
