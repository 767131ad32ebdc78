/** Before the command is packed: helpers for each architecture, built now, instead of the one for this machine. */
import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../linux-sandbox/", import.meta.url));
execFileSync(process.execPath, [`${folder}build-native.mjs`, "--prebuilt"], { stdio: "inherit" });
for (const name of ["x64", "arm64", "SHA256SUMS"]) {
  const target = fileURLToPath(new URL(`dist/prebuilt/${name}`, import.meta.url));
  cpSync(`${folder}dist/prebuilt/${name}`, target, { recursive: true });
}
