import { commandWord } from "./command-word.js";
import { EXIT, type ExitCode } from "./exit-codes.js";
import { APPLY_PATCH_FLAG, isApplyPatch } from "./self.js";
import { VERSION } from "./version.js";

void start(process.argv.slice(2))
  .catch(async (error: unknown) => {
    const { describeFailure } = await import("./failure.js");
    process.stderr.write(describeFailure(error));
    return EXIT.failed;
  })
  .then((code) => process.exit(code));

/** Runs one command; nothing is loaded that it does not need. */
async function start(words: readonly string[]): Promise<ExitCode> {
  if (isApplyPatch(process.argv[1], words[0])) {
    const { applyPatch } = await import("./commands/apply-patch.js");
    return applyPatch(words[0] === APPLY_PATCH_FLAG ? words.slice(1) : words);
  }
  const { command, rest } = commandWord(words);
  switch (command ?? "") {
    case "--version":
    case "-V":
      process.stdout.write(`codex-cli ${VERSION}\n`);
      return EXIT.ok;
    case "--help":
    case "-h":
    case "help":
      return (await import("./commands/help.js")).help();
    case "exec":
    case "e":
      return (await import("./commands/exec.js")).exec(rest);
    case "sandbox":
      return (await import("./commands/sandbox.js")).sandbox(rest);
    case "explain":
      return (await import("./commands/explain.js")).explain(rest);
    case "execpolicy":
      return (await import("./commands/execpolicy.js")).execpolicy(rest);
    case "debug":
      return (await import("./commands/debug.js")).debug(rest);
    case "demo":
      return (await import("./commands/demo.js")).demo(rest);
    default:
      return (await import("./commands/unknown.js")).unknown(command);
  }
}
