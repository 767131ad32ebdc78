/** What a terminal obeys: OSC, DCS, SOS, PM and APC up to their end; CSI; escapes of a few characters. */
const ESCAPES = new RegExp(
  [
    /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)/,
    /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/,
    /\u001b[ -/]*[0-OQ-WYZ`-~]/,
  ]
    .map((pattern) => pattern.source)
    .join("|"),
  "g",
);

/** C0 without tab and newline, DEL, C1, and the marks that reorder text on the screen. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const CARRIAGE_RETURNS = /\r+\n?/g;

/**
 * Text of a model, a command or a file, made harmless for a terminal: nothing is left that moves the cursor, changes
 * colours, sets titles or reverses text. Newlines and tabs stay; a carriage return becomes a newline. Linear.
 */
export function sanitize(text: string): string {
  return text.replace(ESCAPES, "").replace(CARRIAGE_RETURNS, "\n").replace(CONTROLS, "");
}
