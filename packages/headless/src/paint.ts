import { sanitize } from "@codex/ansi-escape";

const CODES = {
  plain: [],
  bold: [1],
  dim: [2],
  added: [32],
  removed: [31],
  hunk: [36],
  you: [36],
  actor: [35, 3],
  failed: [31],
  done: [32],
  warned: [33],
} as const satisfies Record<string, readonly number[]>;

export type Style = keyof typeof CODES;

/** Untrusted text in, text that is safe to write to a terminal out. */
export type Paint = (style: Style, text: string) => string;

export function createPaint(options: { readonly colour: boolean }): Paint {
  return (style, text) => {
    const safe = sanitize(text);
    const codes: readonly number[] = CODES[style];
    if (!options.colour || codes.length === 0 || safe === "") return safe;
    return `\u001b[${codes.join(";")}m${safe}\u001b[0m`;
  };
}

export type ColourChoice = "auto" | "always" | "never";

/** `auto`: only on a terminal that is not dumb, and when NO_COLOR is unset or empty. */
export function usesColour(
  choice: ColourChoice,
  output: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (choice !== "auto") return choice === "always";
  return output.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}
