import { library } from "../../tooling/tsup.mjs";

export default library();
