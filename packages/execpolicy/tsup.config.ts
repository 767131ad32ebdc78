import { library } from "../../tooling/tsup.mjs";

/** Only types come from protocol: they are written into the declarations, so that the tarball installs alone. */
const inlinedTypes = { "@codex/protocol": ["../protocol/src/index.ts"] };

export default library({ entry: ["src/index.ts", "src/bin.ts"], noExternal: ["@codex/protocol"], inlinedTypes });
