import { accessSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";

import { CodexError } from "@codex/common";

const NAME = "codex-linux-sandbox";

/** From this package's `dist/` or a bundle, from a chunk folder of a bundle, and from `src/`. */
const FOLDERS = ["./", "../", "../dist/"] as const;

/** In a checkout one is built for this machine; a package has one for each architecture (`build-native.mjs`). */
function places(): readonly string[] {
  const names = [NAME, `prebuilt/${process.arch}/${NAME}`];
  return names.flatMap((name) => FOLDERS.map((folder) => fileURLToPath(new URL(folder + name, import.meta.url))));
}

/**
 * Absolute path of the native helper: `explicit` when given, else the one built or shipped beside this code.
 * Throws `sandbox_unavailable` when there is none.
 */
export function findHelper(explicit?: string): string {
  if (explicit !== undefined) {
    if (isExecutable(explicit)) return explicit;
    throw new CodexError("sandbox_unavailable", `the sandbox helper ${explicit} is not an executable file`);
  }
  if (process.platform !== "linux") {
    throw new CodexError(
      "sandbox_unavailable",
      "this sandbox works on Linux only; use -s external-sandbox in a container",
    );
  }
  const found = places().find(isExecutable);
  if (found !== undefined) return found;
  throw new CodexError(
    "sandbox_unavailable",
    `the sandbox helper is missing for ${process.arch}: in a checkout, build it with a C compiler (\`npm start\` or ` +
      "`node packages/linux-sandbox/build-native.mjs`); installed, reinstall the package",
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // absent or not ours to run: the same to the caller
  }
}
