/** The words that a program may take for options: everything with a dash before `--`. */
export function optionsOf(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  return (end < 0 ? words : words.slice(0, end)).filter((word) => word.length > 1 && word.startsWith("-"));
}

/** Whether one of these letters stands in a cluster such as `-rf`. Values glued to a letter count as letters too. */
export function hasShortFlag(options: readonly string[], letters: string): boolean {
  return options.some(
    (word) => !word.startsWith("--") && [...word.slice(1)].some((letter) => letters.includes(letter)),
  );
}

/** Whether `--name` is given, with or without `=value`, also shortened as GNU programs and git let one do. */
export function longOption(options: readonly string[], name: string): boolean {
  return options.some((word) => {
    const given = /^--(?<name>[^=]+)/.exec(word)?.groups?.["name"];
    return given !== undefined && name.startsWith(given);
  });
}
