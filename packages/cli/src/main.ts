import { commandWord } from "./command-word.js";
import { COMMANDS } from "./commands.js";
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
    default: {
      const found = COMMANDS.find(({ words }) => words.some((word) => word === command));
      if (found === undefined) return (await import("./commands/unknown.js")).unknown(command);
      return (await found.load())(rest);
    }
  }
}
