import { library } from "../../tooling/tsup.mjs";

/** Only types come from protocol: they are written into the declarations, so that the tarball installs alone. */
const paths = { "@codex/protocol": ["../protocol/src/index.ts"] };
const dts = process.env["CODEX_SKIP_DTS"] === "1" ? false : { compilerOptions: { paths } };

export default library({ entry: ["src/index.ts", "src/bin.ts"], noExternal: ["@codex/protocol"], dts });
