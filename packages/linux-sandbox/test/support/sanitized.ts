import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createFolder } from "./sandbox.js";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
const FLAGS = ["-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/** For programs of these builds: leaks are looked for by tracing, which a confined process may not do. */
export const SANITIZER_ENV = { ASAN_OPTIONS: "detect_leaks=0:abort_on_error=1", UBSAN_OPTIONS: "abort_on_error=1" };

/** Absent: the compiler here has no sanitizers. */
function compileSanitized(name: string, sources: readonly string[]): string | undefined {
  const program = join(createFolder(), name);
  try {
    execFileSync("cc", [...FLAGS, "-o", program, ...sources], { stdio: "pipe" });
  } catch (error) {
    if (!/lib[au]b?san|-l[au]b?san|unsupported|unrecognized/i.test(String(error))) throw error;
    console.warn(`linux-sandbox: cc has no sanitizers here, so ${name} is not tried with them`);
    return undefined;
  }
  for (const path of [program, join(program, "..")]) chmodSync(path, 0o755);
  return program;
}

export function buildSanitizedHelper(): string | undefined {
  const native = join(PACKAGE, "native");
  const names = readdirSync(native).filter((name) => name.endsWith(".c"));
  return compileSanitized(
    "helper",
    names.map((name) => join(native, name)),
  );
}

export function buildFuzzer(): string | undefined {
  return compileSanitized("fuzz", [join(PACKAGE, "test/native/fuzz.c")]);
}
