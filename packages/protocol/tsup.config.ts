import { library } from "../../tooling/tsup.mjs";

export default library({ entry: { index: "src/index.ts", "schema/index": "src/schema/index.ts" } });
