import { library } from "../../tooling/tsup.mjs";

export default library({ entry: ["src/index.ts", "src/bin.ts"] });
