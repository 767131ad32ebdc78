/** Before the command is packed: helpers for each architecture, built now, instead of the one for this machine. */
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../linux-sandbox/", import.meta.url));
execFileSync(process.execPath, [`${folder}build-native.mjs`, "--prebuilt"], { stdio: "inherit" });
const target = fileURLToPath(new URL("dist/prebuilt", import.meta.url));
rmSync(target, { recursive: true, force: true });
cpSync(`${folder}dist/prebuilt`, target, { recursive: true, filter: (path) => !path.endsWith("stamp") });
