export type Colour =
  /** Of the terminal's palette: 0–7 plain, 8–15 bright, to 255 fixed. */
  | { readonly type: "indexed"; readonly index: number }
  /** Each 0–255. */
  | { readonly type: "rgb"; readonly red: number; readonly green: number; readonly blue: number };

/** How text looks; what is absent is as usual. Blinking and hidden text are shown like any other. */
export type Style = {
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly inverse?: true;
  readonly strike?: true;
  readonly foreground?: Colour;
  readonly background?: Colour;
};

export const PLAIN: Style = {};

const SWITCHES_ON: Readonly<Record<number, Style>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
};
const SWITCHES_OFF: Readonly<Record<number, readonly (keyof Style)[]>> = {
  22: ["bold", "dim"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  29: ["strike"],
  39: ["foreground"],
  49: ["background"],
};
/** Colours that take arguments: foreground, background and that of the underline, which is not kept. */
const EXTENDED: Readonly<Record<number, "foreground" | "background" | undefined>> = {
  38: "foreground",
  48: "background",
  58: undefined,
};

/** The style after SGR with these parameters; unknown ones change nothing. */
export function applyStyle(style: Style, parameters: string): Style {
  const groups = parameters.split(";");
  let after = style;
  for (let index = 0; index < groups.length; index += 1) {
    const [code = 0, ...parts] = (groups[index] ?? "").split(":").map(numberOf);
    if (!Object.hasOwn(EXTENDED, code)) {
      after = applyCode(after, code, parts);
      continue;
    }
    const rest = parts.length > 0 ? parts : groups.slice(index + 1).map(numberOf);
    const { colour, length } = readColour(rest, parts.length > 0 ? "colons" : "semicolons");
    if (parts.length === 0) index += length;
    const place = EXTENDED[code];
    if (place !== undefined && colour !== undefined) after = { ...after, [place]: colour };
  }
  return after;
}

export function isSameStyle(one: Style, other: Style): boolean {
  return one === other || JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(style: Style): readonly (readonly [string, unknown])[] {
  return Object.entries(style).sort(([left], [right]) => (left < right ? -1 : 1));
}

/** `4:0` ends underlining, `4:3` and its like underline in another form. */
function applyCode(style: Style, code: number, [form]: readonly number[]): Style {
  if (code === 0) return PLAIN;
  if (code === 4 && form === 0) return without(style, ["underline"]);
  const on = SWITCHES_ON[code];
  if (on !== undefined) return { ...style, ...on };
  const off = SWITCHES_OFF[code];
  if (off !== undefined) return without(style, off);
  const colour = paletteOf(code);
  return colour === undefined ? style : { ...style, ...colour };
}

function paletteOf(code: number): Style | undefined {
  if (code >= 30 && code <= 37) return { foreground: { type: "indexed", index: code - 30 } };
  if (code >= 40 && code <= 47) return { background: { type: "indexed", index: code - 40 } };
  if (code >= 90 && code <= 97) return { foreground: { type: "indexed", index: code - 82 } };
  if (code >= 100 && code <= 107) return { background: { type: "indexed", index: code - 92 } };
  return undefined;
}

/** `5;N` or `2;R;G;B`; with colons there may be a colour space before the red. `length`: parameters read. */
function readColour(
  rest: readonly number[],
  written: "colons" | "semicolons",
): { colour: Colour | undefined; length: number } {
  const [kind] = rest;
  if (kind === 5) {
    const index = rest[1] ?? 0;
    return { colour: index > 255 ? undefined : { type: "indexed", index }, length: 2 };
  }
  if (kind !== 2) return { colour: undefined, length: 1 };
  const start = written === "colons" && rest.length > 4 ? 2 : 1;
  const [red = 0, green = 0, blue = 0] = rest.slice(start, start + 3);
  const colour: Colour = { type: "rgb", red, green, blue };
  return { colour: Math.max(red, green, blue) > 255 ? undefined : colour, length: 4 };
}

function numberOf(text: string): number {
  return text === "" ? 0 : Number(text);
}

function without(style: Style, names: readonly (keyof Style)[]): Style {
  return Object.fromEntries(Object.entries(style).filter(([name]) => !names.some((each) => each === name)));
}
