/** Options that may stand before the command and take the word after them. */
const WITH_VALUE = new Set([
  ..."-c --config --enable --disable -m --model -p --profile -s --sandbox -C --cd --add-dir".split(" "),
  ..."-a --ask-for-approval -i --image --local-provider --max-tokens --max-usd --max-turns --background-wait".split(
    " ",
  ),
  ..."-o --output-last-message --output-schema --color --replay --from --record".split(" "),
]);

/** Words that end the search: they are a command by themselves. */
const COMMAND_FLAGS = new Set(["--version", "-V", "--help", "-h"]);

export type CommandWord = {
  /** Absent: there is none. */
  readonly command: string | undefined;
  /** Everything else, in order: options before the command count as if they stood after it. */
  readonly rest: readonly string[];
};

/** Finds the command among root options: `codex -c key=value exec …`. */
export function commandWord(words: readonly string[]): CommandWord {
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (word === "--") break;
    if (word.startsWith("-") && !COMMAND_FLAGS.has(word)) {
      if (WITH_VALUE.has(word)) index += 1;
      continue;
    }
    return { command: word, rest: [...words.slice(0, index), ...words.slice(index + 1)] };
  }
  return { command: words.find((word) => word.startsWith("-")), rest: words };
}
