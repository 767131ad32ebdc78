import { library } from "../../tooling/tsup.mjs";

// tsup leaves out only `dependencies` by itself
export default library({ external: ["@lydell/node-pty"] });
